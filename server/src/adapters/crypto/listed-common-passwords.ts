import { dictionary } from '@zxcvbn-ts/language-common';
import { CommonPasswords } from '../../core/access/common-passwords.js';

/** The 49,000 of zxcvbn-ts, from what was leaked and cracked; a few megabytes of memory. */
export class ListedCommonPasswords extends CommonPasswords {
  private readonly words = new Set(dictionary['passwords-common'].map((word) => String(word).toLowerCase()));

  override has(word: string): boolean {
    return this.words.has(word);
  }
}
