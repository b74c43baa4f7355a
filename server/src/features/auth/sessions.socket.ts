import { ERRORS, type ErrorCode, TandemError } from '@tandem/protocol';
import type { AccessTokens, TokenClaims } from '../../core/access/access-tokens.js';
import type { Changes } from '../../core/access/changes.js';
import type { SignInSessions } from '../../core/access/sign-in-sessions.js';
import type { PublicKeys } from '../../core/access/signing-keys.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../platform/sockets/socket-feature.js';

/** How long before its end a token is called expiring, and how long after it the connection is kept, in milliseconds. */
const NOTICE_MS = 60_000;
const TOLERANCE_MS = 500;
/**
 * How long an ended sign-in is remembered, in milliseconds: far longer than a token that was found good before takes to become
 * a connection, which Socket.IO gives five seconds, or a renewal.
 */
const REMEMBER_MS = 10 * 60_000;
const STEP_MS = 250;
/** `setTimeout` takes no more, and rings at once for what is longer: 24.8 days. */
const MAX_TIMER_MS = 2_147_483_647;
const KEY_DROPPED = 'The key that signed the token is not used any more';

/** `session:*`: a connection lives as long as its token, unless it is renewed, and ends with its sign-in. */
export class SessionsSocket extends SocketFeature {
  private readonly timers = new Map<Connection, Alarm[]>();
  /** Sign-ins, by when this node heard of their end; the oldest first. */
  private readonly ended = new Map<string, number>();
  /** Keys that verify no longer: a few in the life of a process. */
  private readonly dropped = new Set<string>();

  constructor(
    private readonly tokens: Pick<AccessTokens, 'verify'>,
    changes: Changes,
    keys: Pick<PublicKeys, 'onDropped'>,
    private readonly sessions: Pick<SignInSessions, 'touch'>,
  ) {
    super();
    changes.subscribe((change) => {
      if (change.type === 'session.revoked') this.end(change.sessionId);
    });
    keys.onDropped((kid) => {
      this.dropped.add(kid);
      this.closeWithDroppedKey();
    });
  }

  override connect(connection: Connection): Handlers {
    this.watch(connection);
    // It ended while the token was on its way here. Not at once: others have yet to hear of the connection.
    const { sessionId, scopes, keyId } = connection.claims;
    if (this.ended.has(sessionId)) setImmediate(() => this.close(sessionId));
    if (keyId !== undefined && this.dropped.has(keyId)) setImmediate(() => this.closeWithDroppedKey());
    // A personal access token notes its use itself. Nobody waits for it: the next connect or refresh writes it anew.
    if (scopes === undefined) this.sessions.touch(sessionId).catch(() => {});
    return {
      'session:renew': async ({ token }) => {
        const claims = await this.tokens.verify(token);
        // Found good, perhaps, before its sign-in ended: nothing would end the connection any more.
        if (this.ended.has(claims.sessionId)) throw new TandemError('invalid_token');
        if (claims.userId !== connection.userId) throw new TandemError('invalid_token', 'The token is of another user');
        // What the open documents allow was judged by the scopes that it came with.
        if (!sameScopes(claims, connection.claims)) {
          throw new TandemError('insufficient_scope', 'The token has other scopes than the one before');
        }
        if (!connection.socket.connected) throw new TandemError('unauthorized');
        connection.claims = claims;
        this.watch(connection);
        if (claims.keyId !== undefined && this.dropped.has(claims.keyId))
          setImmediate(() => this.closeWithDroppedKey());
        return { expiresAt: claims.expiresAt };
      },
    };
  }

  override disconnect(connection: Connection): void {
    for (const alarm of this.timers.get(connection) ?? []) alarm.clear();
    this.timers.delete(connection);
  }

  private watch(connection: Connection): void {
    this.disconnect(connection);
    const { expiresAt } = connection.claims;
    this.timers.set(connection, [
      new Alarm(expiresAt - NOTICE_MS, () => connection.emit('session:expiring', { expiresAt })),
      new Alarm(expiresAt + TOLERANCE_MS, () => closeFor(connection, 'token_expired')),
    ]);
  }

  private end(sessionId: string): void {
    const now = performance.now();
    for (const [old, at] of this.ended) {
      if (now - at < REMEMBER_MS) break;
      this.ended.delete(old);
    }
    this.ended.set(sessionId, now);
    this.close(sessionId);
  }

  /** The sign-in goes on: a client that can fetch another token comes back with it. */
  private closeWithDroppedKey(): void {
    for (const connection of [...this.timers.keys()]) {
      const { keyId } = connection.claims;
      if (keyId !== undefined && this.dropped.has(keyId)) connection.close('token_expired', KEY_DROPPED);
    }
  }

  private close(sessionId: string): void {
    for (const connection of this.timers.keys()) {
      if (connection.claims.sessionId === sessionId) closeFor(connection, 'invalid_token');
    }
  }
}

function closeFor(connection: Connection, code: ErrorCode): void {
  connection.close(code, ERRORS[code].message);
}

function sameScopes({ scopes: one }: TokenClaims, { scopes: other }: TokenClaims): boolean {
  return [...(one ?? ['all'])].sort().join() === [...(other ?? ['all'])].sort().join();
}

/** Rings once, at a time of the clock. */
class Alarm {
  private timer: NodeJS.Timeout;

  constructor(
    private readonly at: number,
    private readonly ring: () => void,
  ) {
    this.timer = this.wait();
  }

  clear(): void {
    clearTimeout(this.timer);
  }

  private wait(): NodeJS.Timeout {
    const left = Math.max(0, this.at - Date.now());
    // A token may last longer than Node can wait.
    if (left > MAX_TIMER_MS) {
      return setTimeout(() => {
        this.timer = this.wait();
      }, MAX_TIMER_MS).unref();
    }
    // In steps: Node keeps a list for each duration until it would have passed, also when its timers were cleared, and a
    // connection of a moment would leave two behind for as long as its token would have lasted.
    return setTimeout(this.ring, Math.min(MAX_TIMER_MS, Math.ceil(left / STEP_MS) * STEP_MS)).unref();
  }
}
