import type { Role, ServerEvent } from '@tandem/protocol';
import { underCeiling } from '../../access/scopes.js';

/** The user as others see them in the room. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly colorLight: string;
}

/** An event as it goes onto the wire, built once for all who get it. */
export interface Frame {
  readonly event: ServerEvent;
}

/** The editor's end of the connection. */
export interface RoomPeer {
  /** Connections that were made later have larger ones; where it is left out all are alike. */
  readonly order?: number;
  /** The most that any role comes to on this connection, where its token was made for less than its user may. */
  readonly ceiling?: Role | undefined;
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
    /** Of the member, whatever the token. */
    public memberRole: Role,
    /** Random id of the editor's `Y.Doc`, if it told one. */
    readonly instance: string | undefined,
    /** The epoch that it opened. */
    readonly epoch: number,
  ) {}

  /** What it acts under: the role that was set, as far as the token goes. */
  get role(): Role {
    return underCeiling(this.memberRole, this.peer.ceiling);
  }

  set role(role: Role) {
    this.memberRole = role;
  }

  get userId(): string {
    return this.identity.id;
  }
}
