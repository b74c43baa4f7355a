import type { ProjectEvent } from '@tandem/protocol';

/** A sign-in that ended (logout, refresh token used twice); its sockets are closed. */
export interface SessionRevoked {
  readonly type: 'session.revoked';
  readonly sessionId: string;
}

export type Change = ProjectEvent | SessionRevoked;

/**
 * Tells the open sockets what REST has just committed. A hint, not a record: a listener reads the database for what it
 * decides on.
 */
export abstract class Changes {
  /** Call it after the commit. */
  abstract publish(change: Change): void;
  /** Returns the call that ends the subscription. */
  abstract subscribe(listener: (change: Change) => void): () => void;
}
