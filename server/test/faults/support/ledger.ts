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

interface Life {
  readonly token: Token;
  readonly insert: Step;
  readonly remove: Step;
  readonly insertedAt: number;
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
  /** The longest that an insert has waited for its ack, in milliseconds. */
  slowestAckMs = 0;
  private readonly silences = new Set<{ longestMs: number; since: number }>();
  private readonly entries = new Map<string, Life>();
  private readonly byClient = new Map<number, Token[]>();

  invoked({ inserted, deleted }: Change): void {
    if (inserted) {
      const life = { token: inserted, insert: step('invoked'), remove: step(), insertedAt: performance.now() };
      this.entries.set(inserted.name, life);
      const own = this.byClient.get(inserted.client);
      if (own) own.push(inserted);
      else this.byClient.set(inserted.client, [inserted]);
    }
    if (deleted) this.entry(deleted).remove.invoked = true;
  }

  acked({ inserted, deleted }: Change): void {
    const now = performance.now();
    if (inserted) {
      const { insert, insertedAt } = this.entry(inserted);
      if (!insert.acked) this.slowestAckMs = Math.max(this.slowestAckMs, now - insertedAt);
      insert.acked = true;
    }
    if (deleted) this.entry(deleted).remove.acked = true;
    for (const silence of this.silences) {
      silence.longestMs = Math.max(silence.longestMs, now - silence.since);
      silence.since = now;
    }
    this.lastAckAt = now;
  }

  /** From now on: how long nobody was told anything. The returned function tells the longest such time, in milliseconds. */
  watchSilence(): () => number {
    const silence = { longestMs: 0, since: performance.now() };
    this.silences.add(silence);
    return () => {
      this.silences.delete(silence);
      return Math.max(silence.longestMs, performance.now() - silence.since);
    };
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
