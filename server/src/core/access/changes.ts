import type { ProjectEvent } from '@tandem/protocol';

/** A sign-in that ended (logout, refresh token used twice); its sockets are closed. */
export interface SessionRevoked {
  readonly type: 'session.revoked';
  readonly sessionId: string;
}

export type Change = ProjectEvent | SessionRevoked;

/** A change as it was written down, in the transaction that made it. */
export interface WrittenChange {
  /** Unique; rises in the order in which the changes of one project, member or document were committed. */
  readonly id: number;
  /** Which made it; tells whether a look at the log has shown it (`LogPosition`). */
  readonly transaction: number;
  readonly change: Change;
}

/**
 * Tells the open sockets, on every node, what REST has just committed: once, whoever is the first to tell of it. A hint, not
 * a record: a listener reads the database for what it decides on.
 */
export abstract class Changes {
  /** Call it after the commit. Listeners of this process are told before it returns. */
  abstract publish(written: WrittenChange): void;
  /** Returns the call that ends the subscription. */
  abstract subscribe(listener: (change: Change) => void): () => void;
}
