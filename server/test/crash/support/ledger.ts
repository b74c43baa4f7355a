/** One piece of text that one edit inserted: unique over the whole run, and where Yjs keeps it. */
export interface Token {
  readonly name: string;
  readonly documentId: string;
  readonly client: number;
  readonly clock: number;
}

/** What one edit did; it is acknowledged as a whole. */
export interface Change {
  readonly inserted?: Token | undefined;
  readonly deleted?: Token | undefined;
}

/** What is known of one half of a token's life: the client did it, the server said it is safe, another editor was shown it. */
interface Step {
  invoked: boolean;
  acked: boolean;
  seen: boolean;
}

export interface Entry {
  readonly token: Token;
  readonly insert: Readonly<Step>;
  readonly remove: Readonly<Step>;
}

export interface Counts {
  readonly invoked: number;
  readonly acked: number;
  /** Sent, or waiting to be sent, without an answer: the crash decides. */
  readonly unknown: number;
  readonly seen: number;
}

/** What came on top of earlier counts. */
export function countsSince(before: Counts, now: Counts): Counts {
  return {
    invoked: now.invoked - before.invoked,
    acked: now.acked - before.acked,
    unknown: now.unknown - before.unknown,
    seen: now.seen - before.seen,
  };
}

const TOKEN = /<\d+\.\d+>/g;

export const tokensIn = (text: string): string[] => text.match(TOKEN) ?? [];

/** The text without its tokens: empty unless something was torn or made up. */
export const withoutTokens = (text: string): string => text.replace(TOKEN, '');

/** What every client did, was promised and was shown (Jepsen's "set" history). */
export class Ledger {
  /** What must not happen in any round: refusals for good, frozen documents. */
  readonly complaints: string[] = [];
  /** When the last edit was acknowledged, in `performance.now()`. */
  lastAckAt = 0;
  private readonly entries = new Map<string, { token: Token; insert: Step; remove: Step }>();
  private readonly byClient = new Map<number, Token[]>();

  invoked({ inserted, deleted }: Change): void {
    if (inserted) {
      this.entries.set(inserted.name, { token: inserted, insert: step('invoked'), remove: step() });
      const own = this.byClient.get(inserted.client);
      if (own) own.push(inserted);
      else this.byClient.set(inserted.client, [inserted]);
    }
    if (deleted) this.entry(deleted).remove.invoked = true;
  }

  acked({ inserted, deleted }: Change): void {
    if (inserted) this.entry(inserted).insert.acked = true;
    if (deleted) this.entry(deleted).remove.acked = true;
    this.lastAckAt = performance.now();
  }

  /** Text that came from the server and stood on somebody's screen. */
  seenText(text: string): void {
    for (const name of tokensIn(text)) {
      const entry = this.entries.get(name);
      if (entry) entry.insert.seen = true;
      else this.complaints.push(`the server showed ${name}, which nobody wrote`);
    }
  }

  /** A range of ids that the server had deleted on somebody's screen. */
  seenDelete(client: number, clock: number, length: number): void {
    for (const token of this.byClient.get(client) ?? []) {
      if (token.clock < clock || token.clock + token.name.length > clock + length) continue;
      this.entry(token).remove.seen = true;
    }
  }

  /** A copy of what is promised about a document at this moment. */
  promises(documentId: string): Entry[] {
    return [...this.entries.values()]
      .filter(({ token }) => token.documentId === documentId)
      .map(({ token, insert, remove }) => ({ token, insert: { ...insert }, remove: { ...remove } }));
  }

  /** Whether its author has ever tried to delete it. */
  isDeleted(token: Token): boolean {
    return this.entry(token).remove.invoked;
  }

  knows(name: string): boolean {
    return this.entries.has(name);
  }

  counts(): Counts {
    const steps = [...this.entries.values()].flatMap(({ insert, remove }) => [insert, remove]);
    const invoked = steps.filter((one) => one.invoked).length;
    const acked = steps.filter((one) => one.acked).length;
    return { invoked, acked, unknown: invoked - acked, seen: steps.filter((one) => one.seen).length };
  }

  private entry(token: Token) {
    return this.entries.get(token.name)!;
  }
}

function step(invoked?: 'invoked'): Step {
  return { invoked: invoked !== undefined, acked: false, seen: false };
}
