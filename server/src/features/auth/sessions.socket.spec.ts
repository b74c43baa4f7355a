import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TandemError } from '@tandem/protocol';
import { InProcessNodeBus } from '../../adapters/memory/in-process-node-bus.js';
import type { AccessTokens, TokenClaims } from '../../core/access/access-tokens.js';
import { BusChanges } from '../../core/access/bus-changes.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { SessionsSocket } from './sessions.socket.js';

const fail = (error: unknown) => {
  throw error;
};

/** Answers when it is told to. */
class SlowTokens {
  private answer: (claims: TokenClaims) => void = fail;
  verify(): Promise<TokenClaims> {
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }
  found(claims: TokenClaims): void {
    this.answer(claims);
  }
}

class FakeConnection {
  readonly told: string[] = [];
  readonly socket = { connected: true };
  readonly userId = 'ada';
  constructor(public claims: TokenClaims) {}
  emit(event: string): void {
    this.told.push(event);
  }
  close(code: string): void {
    this.told.push(`closed ${code}`);
    this.socket.connected = false;
  }
}

let tokens: SlowTokens;
let changes: BusChanges;
let sockets: SessionsSocket;
let dropKey: (kid: string) => void;
let ids = 0;

const claims = (sessionId: string, leftMs = 3_600_000): TokenClaims => ({
  userId: 'ada',
  sessionId,
  displayName: 'Ada',
  expiresAt: Date.now() + leftMs,
});
const revoke = (sessionId: string) =>
  changes.publish({ id: ++ids, transaction: ids, change: { type: 'session.revoked', sessionId } });

function connect(of: TokenClaims) {
  const connection = new FakeConnection(of);
  const handlers = sockets.connect(connection as unknown as Connection);
  const renew = () => Promise.resolve(handlers['session:renew']!({ token: 'a token' }));
  return { connection, renew };
}

beforeEach(() => {
  jest.useFakeTimers();
  tokens = new SlowTokens();
  changes = new BusChanges(new InProcessNodeBus(fail), fail);
  sockets = new SessionsSocket(
    tokens as unknown as AccessTokens,
    changes,
    { onDropped: (listener) => (dropKey = listener) },
    { touch: async () => {} },
  );
});
afterEach(() => {
  jest.useRealTimers();
});

describe('SessionsSocket', () => {
  it('SES-4 F32: ends a connection within a second of the end of its token', async () => {
    const { connection } = connect(claims('s', 90_000));
    await jest.advanceTimersByTimeAsync(30_000);
    expect(connection.told).toEqual(['session:expiring']);
    await jest.advanceTimersByTimeAsync(59_999);
    expect(connection.told).toEqual(['session:expiring']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(connection.told).toEqual(['session:expiring', 'closed token_expired']);
  });

  it('SES-4 F32: a token that lasts longer than Node can wait is not taken for one that has ended', async () => {
    const days = 86_400_000;
    const { connection } = connect(claims('s', 60 * days));
    await jest.advanceTimersByTimeAsync(60 * days - 61_000);
    expect(connection.told).toEqual([]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(connection.told).toEqual(['session:expiring']);
    await jest.advanceTimersByTimeAsync(61_000);
    expect(connection.told).toEqual(['session:expiring', 'closed token_expired']);
  });

  it('SES-4 A33: what a token opened ends when its key is dropped, and nothing else does', async () => {
    const [old, other] = [connect({ ...claims('s'), keyId: 'old' }), connect({ ...claims('s'), keyId: 'new' })];
    const late = connect({ ...claims('t'), keyId: 'other' });
    dropKey('old');
    expect(old.connection.told).toEqual(['closed token_expired']);
    const renewed = late.renew();
    tokens.found({ ...claims('t'), keyId: 'old' });
    await renewed;
    await jest.advanceTimersByTimeAsync(1);
    expect(late.connection.told).toEqual(['closed token_expired']);
    expect(other.connection.told).toEqual([]);
  });

  it('SES-9: a connection is not renewed with a token of other scopes', async () => {
    const { connection, renew } = connect({ ...claims('s'), scopes: ['read'] });
    const wider = renew();
    tokens.found(claims('s'));
    await expect(wider).rejects.toMatchObject({ code: 'insufficient_scope' });
    const same = renew();
    tokens.found({ ...claims('t'), scopes: ['read'] });
    await expect(same).resolves.toEqual({ expiresAt: expect.any(Number) });
    expect(connection.socket.connected).toBe(true);
  });

  it('SES-3 F32: a renewal that comes with the last second is in time', async () => {
    const { connection, renew } = connect(claims('s', 1_000));
    await jest.advanceTimersByTimeAsync(900);
    const renewed = renew();
    await jest.advanceTimersByTimeAsync(400);
    tokens.found(claims('s'));
    expect(await renewed).toEqual({ expiresAt: expect.any(Number) });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(connection.socket.connected).toBe(true);
  });

  it('SES-3 D8: a sign-in that ends while its token is judged does not take the connection over', async () => {
    const { connection, renew } = connect(claims('old'));
    const renewed = renew();
    revoke('new');
    tokens.found(claims('new'));
    await expect(renewed).rejects.toEqual(new TandemError('invalid_token'));
    expect(connection.claims.sessionId).toBe('old');
    revoke('old');
    expect(connection.told).toEqual(['closed invalid_token']);
  });

  it('SES-4 D8: a renewed token does not bring a connection of an ended sign-in back', async () => {
    const { connection, renew } = connect(claims('s'));
    const renewed = renew();
    revoke('s');
    tokens.found(claims('s'));
    await expect(renewed).rejects.toBeInstanceOf(TandemError);
    expect(connection.told).toEqual(['closed invalid_token']);
  });

  it('SES-4 D8: what a sign-in opened while it ended is closed', async () => {
    revoke('s');
    const [late, other] = [connect(claims('s')), connect(claims('t'))];
    expect(late.connection.told).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(late.connection.told).toEqual(['closed invalid_token']);
    expect(other.connection.told).toEqual([]);
  });

  it('remembers ended sign-ins for minutes, not for ever', async () => {
    for (let n = 0; n < 1_000; n++) revoke(`early ${n}`);
    await jest.advanceTimersByTimeAsync(11 * 60_000);
    revoke('late');
    const remembered = Object.values(sockets).find((held) => held instanceof Map && held.has('late')) as Map<string, 0>;
    expect([...remembered.keys()]).toEqual(['late']);
  });
});
