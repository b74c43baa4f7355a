import { ERRORS, type ErrorCode, TandemError } from '@tandem/protocol';
import type { AccessTokens } from '../../core/access/access-tokens.js';
import type { Changes } from '../../core/access/changes.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../platform/sockets/socket-feature.js';

/** How long before its end a token is called expiring, and how long after it the connection is kept, in milliseconds. */
const NOTICE_MS = 60_000;
const TOLERANCE_MS = 5_000;
/** `setTimeout` takes no more than 2^31 - 1. */
const MAX_TIMER_MS = 2_147_483_647;

/** `session:*`: a connection lives as long as its token, unless it is renewed, and ends with its sign-in. */
export class SessionsSocket extends SocketFeature {
  private readonly timers = new Map<Connection, NodeJS.Timeout[]>();

  constructor(
    private readonly tokens: AccessTokens,
    changes: Changes,
  ) {
    super();
    changes.subscribe((change) => {
      if (change.type === 'session.revoked') this.end(change.sessionId);
    });
  }

  override connect(connection: Connection): Handlers {
    this.watch(connection);
    return {
      'session:renew': async ({ token }) => {
        const claims = await this.tokens.verify(token);
        if (claims.userId !== connection.userId) throw new TandemError('invalid_token', 'The token is of another user');
        if (!connection.socket.connected) throw new TandemError('unauthorized');
        connection.claims = claims;
        this.watch(connection);
        return { expiresAt: claims.expiresAt };
      },
    };
  }

  override disconnect(connection: Connection): void {
    for (const timer of this.timers.get(connection) ?? []) clearTimeout(timer);
    this.timers.delete(connection);
  }

  private watch(connection: Connection): void {
    this.disconnect(connection);
    const { expiresAt } = connection.claims;
    const left = expiresAt - Date.now();
    this.timers.set(connection, [
      after(left - NOTICE_MS, () => connection.emit('session:expiring', { expiresAt })),
      after(left + TOLERANCE_MS, () => close(connection, 'token_expired')),
    ]);
  }

  private end(sessionId: string): void {
    for (const connection of this.timers.keys()) {
      if (connection.claims.sessionId === sessionId) close(connection, 'invalid_token');
    }
  }
}

function close(connection: Connection, code: ErrorCode): void {
  connection.close(code, ERRORS[code].message);
}

function after(ms: number, callback: () => void): NodeJS.Timeout {
  return setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS)).unref();
}
