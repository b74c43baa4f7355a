import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type SessionList, sessionList, type Tokens } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import type { PlainClient } from '../support/plain-client.js';
import type { SyncWorld } from '../support/sync-world.js';
import { auditOf, TwoNodes } from './support/nodes.js';

/** On every node within a second (SES-4), and a busy machine. */
const CLOSED_MS = 1_000;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const PASSWORD = 'correct horse battery staple';

let nodes: TwoNodes;
let here: SyncWorld;
let there: SyncWorld;
beforeAll(async () => {
  nodes = await TwoNodes.start();
  ({ here, there } = nodes);
});
afterEach(() => nodes?.hangUp());
afterAll(() => nodes?.stop());

const list = async (person: Tokens, world: SyncWorld = here): Promise<SessionList['sessions']> =>
  sessionList.parse(await world.rest(person, 'GET', '/users/me/sessions')).sessions;
const current = async (person: Tokens) => (await list(person)).find(({ isCurrent }) => isCurrent)!;
const refresh = ({ refreshToken }: Tokens) => here.rest(undefined, 'POST', '/auth/refresh', { refreshToken });

async function isClosed(client: PlainClient): Promise<void> {
  const began = performance.now();
  await eventually('the socket is closed', () => !client.isConnected);
  expect(client.told('session:closed')).toMatchObject([{ code: 'invalid_token' }]);
  expect(performance.now() - began).toBeLessThan(CLOSED_MS * patience());
}

describe('where somebody is signed in', () => {
  it('shows how, from where and with what, and which of them asks', async () => {
    const ada = await here.person('Ada');
    const answer = await here.server.request('POST', '/api/v1/auth/login', {
      body: { email: ada.email, password: PASSWORD },
      headers: { 'user-agent': FIREFOX },
    });
    const again = answer.json<Tokens>();
    const sessions = await list(again, there);
    expect(sessions).toHaveLength(2);
    expect(sessions.find(({ isCurrent }) => isCurrent)).toMatchObject({
      kind: 'password',
      agent: 'Firefox on Linux',
      address: '127.0.0.1',
    });
    expect(sessions.find(({ isCurrent }) => !isCurrent)).toMatchObject({ kind: 'register', agent: 'node' });
  });

  it('notes the use at a refresh and at a connect, and not at every request', async () => {
    const ada = await here.person('Ada');
    const { id } = await current(ada);
    const hourAgo = async () => {
      await here.sql.query("UPDATE sessions SET last_used_at = now() - interval '1 hour' WHERE id = $1", [id]);
      return (await current(ada)).lastUsedAt;
    };
    const old = await hourAgo();
    await here.rest(ada, 'GET', '/projects');
    expect((await current(ada)).lastUsedAt).toBe(old);
    await here.connect(ada);
    await eventually('the connect is noted', async () => (await current(ada)).lastUsedAt > old + 60_000);
    const before = await hourAgo();
    await refresh(ada);
    expect((await current(ada)).lastUsedAt).toBeGreaterThan(before + 60_000);
  });

  it('A43: a session of somebody else is absent, and goes on', async () => {
    const [ada, eve] = [await here.person('Ada'), await here.person('Eve')];
    const { id } = await current(ada);
    await expect(here.rest(eve, 'DELETE', `/users/me/sessions/${id}`)).rejects.toMatchObject({ code: 'not_found' });
    expect(await list(ada)).toHaveLength(1);
    expect((await list(eve)).map((session) => session.id)).not.toContain(id);
  });
});

describe('signing out from elsewhere', () => {
  it('SES-4 D8: ends one sign-in with its sockets on every node, its token and its refresh token', async () => {
    const ada = await here.person('Ada');
    const lost = await here.signInAgain(ada);
    const [nearby, far, own] = [await here.connect(lost), await there.connect(lost), await there.connect(ada)];
    const audit = auditOf(here);
    const { id } = await current(lost);
    await here.rest(ada, 'DELETE', `/users/me/sessions/${id}`);
    await Promise.all([isClosed(nearby), isClosed(far)]);
    expect(own.isConnected).toBe(true);
    for (const world of nodes.both) {
      await expect(world.rest(lost, 'GET', '/users/me')).rejects.toMatchObject({ code: 'invalid_token' });
    }
    await expect(refresh(lost)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(await list(ada)).toHaveLength(1);
    expect(audit).toEqual([
      expect.objectContaining({ action: 'session.revoked', actorId: ada.user.id, target: id, address: '127.0.0.1' }),
    ]);
    await expect(here.rest(ada, 'DELETE', `/users/me/sessions/${id}`)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('SES-4 D8: everywhere but here, then everywhere', async () => {
    const ada = await here.person('Ada');
    const others = [await here.signInAgain(ada), await here.signInAgain(ada)];
    const own = await there.connect(ada);
    const clients = [await here.connect(others[0]!), await there.connect(others[1]!)];
    await here.rest(ada, 'DELETE', '/users/me/sessions?except=current');
    await Promise.all(clients.map(isClosed));
    expect(own.isConnected).toBe(true);
    expect(await list(ada)).toMatchObject([{ isCurrent: true }]);
    await here.rest(ada, 'DELETE', '/users/me/sessions');
    await isClosed(own);
    await expect(list(ada)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('A34: a refresh token that comes twice ends the family everywhere, and leaves a line in the audit log', async () => {
    const ada = await here.person('Ada');
    const { id } = await current(ada);
    const [nearby, far] = [await here.connect(ada), await there.connect(ada)];
    const next = (await refresh(ada)) as Tokens;
    // Past the grace of ten seconds.
    await here.sql.query("UPDATE refresh_tokens SET used_at = now() - interval '11 s' WHERE session_id = $1", [id]);
    await here.sql.query(
      'UPDATE refresh_tokens SET used_at = NULL WHERE session_id = $1 AND expires_at = (SELECT max(expires_at) FROM refresh_tokens WHERE session_id = $1)',
      [id],
    );
    const audit = auditOf(here);
    await expect(refresh(ada)).rejects.toMatchObject({ code: 'invalid_token' });
    await Promise.all([isClosed(nearby), isClosed(far)]);
    await expect(refresh(next)).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(list(next)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(audit).toEqual([
      expect.objectContaining({ action: 'refresh.reused', actorId: ada.user.id, target: id, address: '127.0.0.1' }),
    ]);
    const { rows } = await here.sql.query('SELECT actor_id FROM audit_events WHERE action = $1 AND target = $2', [
      'refresh.reused',
      id,
    ]);
    expect(rows).toEqual([{ actor_id: ada.user.id }]);
  });

  it('a sign-in and a sign-out are in the audit log, without a secret', async () => {
    const ada = await here.person('Ada');
    const audit = auditOf(here);
    const again = await here.signInAgain(ada);
    const { id } = await current(again);
    await here.rest(undefined, 'POST', '/auth/logout', { refreshToken: again.refreshToken });
    expect(audit).toEqual([
      expect.objectContaining({ action: 'sign_in', actorId: ada.user.id, target: id }),
      expect.objectContaining({ action: 'session.revoked', actorId: ada.user.id, target: id }),
    ]);
    expect(JSON.stringify(audit)).not.toMatch(new RegExp(`${PASSWORD}|${again.refreshToken}|eyJ`));
  });
});

describe('tokens for other uses (A31)', () => {
  it('A31: a refresh token, and whatever only looks like one of ours, opens neither REST nor a socket', async () => {
    const ada = await here.person('Ada');
    const forged = [ada.refreshToken, `tdm_${ada.refreshToken}`, 'tdm_', `Bearer ${ada.accessToken}`, 'tdm_x.y.z'];
    for (const token of forged) {
      const answer = await here.server.request('GET', '/api/v1/users/me', { token });
      expect([token.slice(0, 8), answer.status]).toEqual([token.slice(0, 8), 401]);
      expect((await here.dial({ token, protocol: 1 }).refused()).code).toBe('invalid_token');
    }
    await expect(
      here.rest(undefined, 'POST', '/auth/refresh', { refreshToken: ada.accessToken.slice(0, 500) }),
    ).rejects.toMatchObject({ code: 'invalid_token' });
  });
});
