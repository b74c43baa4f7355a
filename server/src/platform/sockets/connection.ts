import type { EventOf, ServerEvent } from '@tandem/protocol';
import type { Socket } from 'socket.io';
import type { TokenClaims } from '../../core/access/access-tokens.js';
import { identityOf } from '../../core/access/identity.js';
import { ceilingOf } from '../../core/access/scopes.js';
import type { Identity } from '../../core/document/room/room-session.js';
import { PacketFrame } from './packet-frame.js';
import { SocketPeer } from './socket-peer.js';

/** One signed-in editor's socket. */
export class Connection {
  readonly peer: SocketPeer;
  readonly identity: Identity;
  private turn: Promise<void> = Promise.resolve();
  private readonly drainListeners = new Set<() => void>();

  constructor(
    readonly socket: Socket,
    public claims: TokenClaims,
    /** It takes packed frames, and may send them. */
    readonly isPacked: boolean,
  ) {
    this.identity = identityOf(claims.userId, claims.displayName);
    const drained = () => {
      for (const listener of this.drainListeners) listener();
    };
    this.peer = new SocketPeer(socket, isPacked, drained, ceilingOf(claims.scopes));
  }

  get userId(): string {
    return this.claims.userId;
  }

  emit<E extends ServerEvent>(event: E, body: EventOf<E>): void {
    this.peer.write(PacketFrame.of(event, body), 'certain');
  }

  /** Says why, and ends the connection. */
  close(code: EventOf<'session:closed'>['code'], message: string): void {
    this.emit('session:closed', { code, message });
    this.socket.disconnect(true);
  }

  /** Resolves when the reader has room for a large answer, or is gone. */
  hasRoom(): Promise<void> {
    // One after the other, each in a turn of its own: the next sees what the one before has written.
    this.turn = this.turn.then(() => new Promise(setImmediate)).then(() => this.peer.room());
    return this.turn;
  }

  /** Calls back whenever a reader for whom frames were left out has taken most of what waited for it. */
  onDrain(listener: () => void): void {
    this.drainListeners.add(listener);
  }
}
