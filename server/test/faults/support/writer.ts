import type { SeededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import type { Change, Ledger, Token } from './ledger.js';

export interface WriterOptions {
  readonly url: string;
  readonly accessToken: string;
  readonly documentId: string;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  /** Between two edits, in milliseconds; the mean of a random time. */
  readonly everyMs?: number;
}

const EVERY_MS = 80;

/** Own tokens that a writer lets stand; beyond it every edit also deletes one, so that a long run keeps short texts. */
const MAX_LIVE_TOKENS = 20;

let writers = 0;

/**
 * Somebody at a keyboard: types unique tokens at random places and deletes own ones, whether or not there is a
 * connection. How the edits travel is the subclass's.
 */
export abstract class Writer {
  readonly number = ++writers;
  protected readonly ledger: Ledger;
  /** When the server last said that something of this writer is safe, in `performance.now()`. */
  lastAckAt = 0;
  /** The longest that it was told nothing between two acks since `watchGaps`, in milliseconds. */
  longestGapMs = 0;
  /** How often it has connected. */
  connections = 0;
  protected isClosed = false;
  private typed = 0;
  private readonly live: Token[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(protected readonly options: WriterOptions) {
    this.ledger = options.ledger;
  }

  abstract readonly doc: Y.Doc;
  abstract readonly isConnected: boolean;
  /** Open, and nothing waits for an answer. */
  abstract readonly isSaved: boolean;
  /** The change is in the document; called in the same turn. */
  protected abstract onTyped(change: Change): void;
  /** Gone, with all that it had not sent. */
  protected abstract disconnect(): Promise<void> | void;

  get text(): Y.Text {
    return this.doc.getText('content');
  }

  /** Types on until it is stopped. */
  startTyping(): void {
    const { random, everyMs = EVERY_MS } = this.options;
    this.timer = setTimeout(
      () => {
        this.type();
        this.startTyping();
      },
      everyMs * (0.5 + random.next()),
    );
  }

  stopTyping(): void {
    clearTimeout(this.timer);
  }

  /** One edit. */
  type(): Change {
    const change = this.choose();
    this.ledger.invoked(change);
    this.doc.transact(() => {
      if (change.inserted) this.text.insert(this.boundary(), change.inserted.name);
      if (change.deleted)
        this.text.delete(this.text.toString().indexOf(change.deleted.name), change.deleted.name.length);
    });
    if (change.inserted) this.live.push(change.inserted);
    this.onTyped(change);
    return change;
  }

  /** Whether it has the token, deleted or not. */
  has({ client, clock, name }: Token): boolean {
    return Y.getState(this.doc.store, client) >= clock + name.length;
  }

  /** Its machine is lost, with the outbox. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.stopTyping();
    await this.disconnect();
  }

  watchGaps(): void {
    this.longestGapMs = 0;
    this.lastAckAt = performance.now();
  }

  protected acked(change: Change): void {
    if (this.isClosed) return;
    this.ledger.acked(change);
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.lastAckAt);
    this.lastAckAt = now;
  }

  /** Notes what the server puts on this screen. */
  protected watch(): void {
    this.text.observe((event, transaction) => {
      if (transaction.local) return;
      for (const { insert } of event.delta) if (typeof insert === 'string') this.ledger.seenText(insert);
      for (const { id, length } of event.changes.deleted) this.ledger.seenDelete(id.client, id.clock, length);
    });
  }

  /** An edit that only deletes matters most: a state vector does not tell that it is missing. */
  private choose(): Change {
    const { random, documentId } = this.options;
    const { length } = this.live;
    const mustDelete = length >= MAX_LIVE_TOKENS;
    const deletes = mustDelete || (length > 5 && random.chance(0.4));
    const deleted = deletes ? this.live.splice(random.integer(length), 1)[0] : undefined;
    if (deleted && !mustDelete && random.chance(0.3)) return { deleted };
    const { clientID: client, store } = this.doc;
    const name = `<${this.number}.${++this.typed}>`;
    return { deleted, inserted: { name, documentId, client, clock: Y.getState(store, client) } };
  }

  /** A random place between tokens. */
  private boundary(): number {
    const { random } = this.options;
    if (this.text.length === 0 || random.chance(0.3)) return this.text.length;
    const text = this.text.toString();
    return Math.max(0, text.indexOf('<', random.integer(text.length)));
  }
}
