import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import { CommonPasswords } from '../../core/access/common-passwords.js';
import { type PasswordOwner, passwordWeakness, WEAKNESS_WORDS } from '../../core/access/password-rules.js';

/** Which passwords are taken (A39). Their length is the schema's. */
@Injectable()
export class PasswordPolicy {
  constructor(private readonly common: CommonPasswords) {}

  /** Throws `weak_password` with words that help. */
  check(password: string, owner: PasswordOwner): void {
    const weakness = passwordWeakness(password, owner, this.common);
    if (weakness !== undefined) throw new TandemError('weak_password', WEAKNESS_WORDS[weakness], { reason: weakness });
  }
}
