import type { Role } from '@tandem/protocol';

/** The user as others see them in the room. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly colorLight: string;
}

/** An event as it goes onto the wire, built once for all who get it. */
export interface Frame {
  readonly bytes: number;
}

/** The editor's end of the connection. */
export interface RoomPeer {
  /**
   * False when the frame was left out, because too much is waiting for this reader already. A `certain` one is left out
   * only when the connection is gone: small, rare, and nothing makes up for it.
   */
  write(frame: Frame, delivery?: 'droppable' | 'certain'): boolean;
}

/** One editor in one document: a socket may hold several. */
export class RoomSession {
  /** The Yjs client ids that it writes under. */
  readonly clientIds = new Set<number>();
  /** Set when it left, was fenced by its own reconnect, or lost the right to read. */
  isClosed = false;
  /** Edits up to here were sent, or are its own. */
  sentSeq = 0;
  /** A frame was left out: it gets a `document:resync` when its backlog is gone. */
  isLagging = false;

  constructor(
    readonly peer: RoomPeer,
    readonly identity: Identity,
    public role: Role,
    /** Random id of the editor's `Y.Doc`, if it told one. */
    readonly instance: string | undefined,
    /** The epoch that it opened. */
    readonly epoch: number,
  ) {}

  get userId(): string {
    return this.identity.id;
  }
}
