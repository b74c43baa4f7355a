import { Promises } from './promises.js';

/** Something that somebody typed: unique, and never torn, since everybody edits whole tokens only. */
export interface Token {
  readonly name: string;
  readonly userId: string;
  readonly documentId: string;
  readonly client: number;
  readonly clock: number;
  readonly length: number;
  /** It was typed into a copy of an epoch that is over, or was promised in one. */
  isOfThePast: boolean;
}

const TOKEN = /<[^<>]*>/g;

export function tokensOf(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** Where each token begins and ends. */
export function placesOf(text: string): (readonly [from: number, to: number])[] {
  return [...text.matchAll(TOKEN)].map((match) => [match.index, match.index + match[0].length] as const);
}

/** Everything between the tokens: nothing, in a text that is whole. */
export function debrisOf(text: string): string {
  return text.replace(TOKEN, '');
}

/** What was typed, deleted, acknowledged and shown in one run. */
export class Ledger {
  readonly tokens = new Map<string, Token>();
  /** Names of what anybody took out. */
  readonly deleted = new Set<string>();
  /** Somebody wrote who does not keep to tokens. */
  hasLies = false;
  private readonly promises = new Map<string, Promises>();
  private count = 0;

  newName(tab: number, size = 0): string {
    const name = `${tab}.${++this.count}`;
    return size > name.length + 3 ? `<${name}:${'x'.repeat(size - name.length - 3)}>` : `<${name}>`;
  }

  typed(token: Omit<Token, 'isOfThePast'>): void {
    this.tokens.set(token.name, { ...token, isOfThePast: false });
  }

  /** Of one life of a document. */
  promisesOf(documentId: string, epoch: number): Promises {
    const key = `${documentId} ${epoch}`;
    let promises = this.promises.get(key);
    if (!promises) {
      promises = new Promises();
      this.promises.set(key, promises);
    }
    return promises;
  }

  /** The life of a document is over: what was promised in it need not be in the next. */
  epochEnded(documentId: string, epoch: number): void {
    const promises = this.promisesOf(documentId, epoch);
    for (const token of this.tokens.values()) {
      if (token.documentId === documentId && promises.covers(token.client, token.clock + token.length)) {
        token.isOfThePast = true;
      }
    }
  }

  *of(documentId: string): IterableIterator<Token> {
    for (const token of this.tokens.values()) if (token.documentId === documentId) yield token;
  }
}
