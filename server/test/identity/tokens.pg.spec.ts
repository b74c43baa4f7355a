import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CreatedToken,
  createdToken,
  type NewPersonalToken,
  type PersonalToken,
  personalTokenList,
  type Tokens,
} from '@tandem/protocol/http';
import { hashSecretToken } from '../../src/core/access/secret-tokens.js';
import { eventually } from '../../src/testing/eventually.js';
import { PlainEditor } from '../support/plain-editor.js';
import type { Person, SyncWorld } from '../support/sync-world.js';
import { auditOf, TwoNodes } from './support/nodes.js';

const DAY_MS = 86_400_000;

let nodes: TwoNodes;
let here: SyncWorld;
let there: SyncWorld;
let ada: Person;
beforeAll(async () => {
  nodes = await TwoNodes.start({ logLevel: 'trace' });
  ({ here, there } = nodes);
  ada = await here.person('Ada');
});
afterEach(() => nodes?.hangUp());
afterAll(() => nodes?.stop());

const make = async (person: Tokens, token: Partial<NewPersonalToken> = {}): Promise<CreatedToken> =>
  createdToken.parse(
    await here.rest(person, 'POST', '/users/me/tokens', { name: 'CI', scopes: ['read', 'write'], ...token }),
  );
const list = async (person: Tokens): Promise<PersonalToken[]> =>
  personalTokenList.parse(await here.rest(person, 'GET', '/users/me/tokens')).tokens;
const bearing = (token: string): Tokens => ({ ...ada, accessToken: token });
const dial = (world: SyncWorld, token: string) => world.dial({ token, protocol: 1 });

describe('a personal access token', () => {
  it('is shown once, is known by its hash alone, and ends after 90 days unless told otherwise', async () => {
    const { token, ...told } = await make(ada, { name: 'Nightly build' });
    expect(token).toMatch(/^tdm_[\w-]{43}$/);
    expect(told).toMatchObject({ name: 'Nightly build', scopes: ['read', 'write'], hint: token.slice(0, 8) });
    expect(told.lastUsedAt).toBeNull();
    expect(told.expiresAt - told.createdAt).toBe(90 * DAY_MS);
    expect(await list(ada)).toContainEqual(told);
    const { rows } = await here.sql.query('SELECT * FROM personal_tokens WHERE id = $1', [told.id]);
    const [{ token_hash: hash, ...row }] = rows as [{ token_hash: Buffer }];
    expect(hash.equals(createHash('sha256').update(token).digest())).toBe(true);
    expect(JSON.stringify(row)).not.toContain(token.slice(9));
  });

  it('opens REST and sockets on every node, under the name of who made it, and notes its use', async () => {
    const { token, id } = await make(ada);
    const { documentId } = await here.share(bearing(token));
    for (const world of nodes.both) {
      expect(await world.rest(bearing(token), 'GET', '/users/me')).toMatchObject({ id: ada.user.id });
    }
    const client = dial(there, token);
    expect((await client.greeted()).userId).toBe(ada.user.id);
    const editor = await PlainEditor.open(client, documentId);
    expect(editor.opened.role).toBe('owner');
    expect(await editor.type('from a program')).toBe(1);
    await eventually('its use is noted', async () =>
      (await list(ada)).some((one) => one.id === id && one.lastUsedAt !== null),
    );
  });

  it('D8: opens nothing when it is revoked, and its sockets are closed on every node', async () => {
    const { token, id } = await make(ada);
    const clients = [dial(here, token), dial(there, token)];
    await Promise.all(clients.map((client) => client.greeted()));
    const audit = auditOf(here);
    await here.rest(ada, 'DELETE', `/users/me/tokens/${id}`);
    for (const client of clients) {
      await eventually('the socket is closed', () => !client.isConnected);
      expect(client.told('session:closed')).toMatchObject([{ code: 'invalid_token' }]);
    }
    await expect(there.rest(bearing(token), 'GET', '/users/me')).rejects.toMatchObject({ code: 'invalid_token' });
    expect((await dial(there, token).refused()).code).toBe('invalid_token');
    expect((await list(ada)).map((one) => one.id)).not.toContain(id);
    expect(audit).toEqual([expect.objectContaining({ action: 'token.revoked', actorId: ada.user.id, target: id })]);
    await expect(here.rest(ada, 'DELETE', `/users/me/tokens/${id}`)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('A30: says that it has expired, over REST and at the door', async () => {
    const { token, id } = await make(ada, { expiresInDays: 1 });
    await here.sql.query("UPDATE personal_tokens SET expires_at = now() - interval '1 s' WHERE id = $1", [id]);
    await expect(here.rest(bearing(token), 'GET', '/users/me')).rejects.toMatchObject({ code: 'token_expired' });
    expect((await dial(here, token).refused()).code).toBe('token_expired');
    expect((await list(ada)).map((one) => one.id)).toContain(id);
  });

  it('F32: its connection ends with it', async () => {
    const { token, id } = await make(ada);
    await here.sql.query("UPDATE personal_tokens SET expires_at = now() + interval '2 s' WHERE id = $1", [id]);
    const client = dial(here, token);
    await client.greeted();
    await eventually('the socket is closed', () => !client.isConnected);
    expect(client.told('session:closed')).toMatchObject([{ code: 'token_expired' }]);
  });

  it('A43: is nobody else’s to see or to revoke', async () => {
    const eve = await here.person('Eve');
    const { id, token } = await make(ada);
    expect(await list(eve)).toEqual([]);
    await expect(here.rest(eve, 'DELETE', `/users/me/tokens/${id}`)).rejects.toMatchObject({ code: 'not_found' });
    await here.rest(bearing(token), 'GET', '/users/me');
  });

  it('goes on when its owner signs out everywhere', async () => {
    const bea = await here.person('Bea');
    const { token } = await make(bea);
    await here.rest(bea, 'DELETE', '/users/me/sessions');
    expect(await here.rest(bearing(token), 'GET', '/users/me')).toMatchObject({ id: bea.user.id });
  });
});

describe('making one', () => {
  it.each([
    ['no name', { name: '  ' }],
    ['no scope', { scopes: [] }],
    ['a scope that there is not', { scopes: ['admin'] }],
    ['a scope twice', { scopes: ['read', 'read'] }],
    ['an end before it begins', { expiresInDays: 0 }],
    ['more than a year', { expiresInDays: 366 }],
    ['no end', { expiresInDays: null }],
    ['A42: a field that is not its maker’s to set', { userId: '00000000-0000-4000-8000-000000000001' }],
  ])('is refused with %s', async (_what, change) => {
    await expect(make(ada, change as never)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('takes a sign-in of the last minutes: neither an old session, nor a token, nor a guest', async () => {
    const bea = await here.person('Bea');
    const { token } = await make(bea, { scopes: ['read', 'write', 'ai', 'account'] });
    await expect(make(bearing(token))).rejects.toMatchObject({ code: 'insufficient_scope' });
    expect(await list(bearing(token))).toHaveLength(1);
    await here.sql.query("UPDATE sessions SET created_at = now() - interval '16 minutes' WHERE user_id = $1", [
      bea.user.id,
    ]);
    // A refresh is no sign-in.
    const refreshed = (await here.rest(undefined, 'POST', '/auth/refresh', {
      refreshToken: bea.refreshToken,
    })) as Tokens;
    await expect(make(refreshed)).rejects.toMatchObject({ code: 'fresh_sign_in_required' });
    await make(await here.signInAgain(bea));

    const { projectId } = await here.share(ada);
    await here.sql.query(
      `INSERT INTO sign_in_links (token_hash, project_id, role, uses, expires_at)
       VALUES ($1, $2, 'editor', 1, now() + interval '1 minute')`,
      [hashSecretToken('a link'), projectId],
    );
    await expect(make(await here.guest('a link'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('ends at fifty of one person, also when they are made at once', async () => {
    const bea = await here.person('Bea');
    for (let made = 0; made < 48; made++) await make(bea, { name: `token ${made}` });
    const last = await Promise.allSettled(Array.from({ length: 5 }, () => make(bea)));
    expect(last.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(last.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(
      Array.from({ length: 3 }, () => 'too_many_tokens'),
    );
  });

  it('A50: is in the audit log, and the token is neither there nor in the logs', async () => {
    const audit = auditOf(here);
    const { token, id } = await make(ada, { name: 'Deploy', scopes: ['read'] });
    await here.rest(bearing(token), 'GET', '/projects');
    expect(audit).toEqual([
      expect.objectContaining({ action: 'token.created', actorId: ada.user.id, target: id, address: '127.0.0.1' }),
    ]);
    expect(JSON.stringify(audit)).not.toContain(token.slice(8));
    expect(here.server.log).not.toContain(token.slice(8));
  });
});
