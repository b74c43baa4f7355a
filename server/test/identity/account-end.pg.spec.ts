import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { accountDeletion, accountExport, type Tokens } from '@tandem/protocol/http';
import { SignInLinks } from '../../src/core/access/sign-in-links.js';
import type { TestAnswer } from '../../src/testing/test-app.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const PASSWORD = 'correct horse battery staple';

let world: SyncWorld;
beforeAll(async () => {
  world = await SyncWorld.start();
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const ask = (person: Tokens, method: string, path: string, body?: unknown): Promise<TestAnswer> =>
  world.server.request(method, `/api/v1${path}`, { body, token: person.accessToken });
const codeOf = (answer: TestAnswer) => answer.json<{ code: string }>().code;
const leave = (person: Tokens) => ask(person, 'POST', '/users/me/deletion', { currentPassword: PASSWORD });
const count = async (sql: string, ...values: unknown[]) =>
  Number((await world.sql.query(`SELECT count(*) FROM ${sql}`, values)).rows[0].count);

async function twoInAProject(): Promise<{ ada: Person; bob: Person; projectId: string; documentId: string }> {
  const [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
  const shared = await world.share(ada, [[bob, 'owner']], { text: 'stays' });
  return { ada, bob, ...shared };
}

describe('deleting an account', () => {
  test('what its user wrote stays, by nobody', async () => {
    const { ada, bob, documentId } = await twoInAProject();
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    await editor.type(' here');
    await ask(ada, 'POST', `/documents/${documentId}/versions`, { name: 'First' });
    expect((await leave(ada)).status).toBe(204);

    const history = await ask(bob, 'GET', `/documents/${documentId}/history`);
    expect(history.json()).toMatchObject({ changes: [{ authors: [{ displayName: 'Deleted user' }] }] });
    const versions = await ask(bob, 'GET', `/documents/${documentId}/versions`);
    expect(versions.text).toContain('Deleted user');
    expect(`${history.text}${versions.text}`).not.toContain('"Ada"');
    expect((await ask(bob, 'GET', `/documents/${documentId}/text`)).text).toContain('stays');
    expect(await count('users WHERE id = $1', ada.user.id)).toBe(0);
    expect(
      (await world.server.request('POST', '/api/v1/auth/login', { body: { email: ada.email, password: PASSWORD } }))
        .status,
    ).toBe(401);
  });

  test('its sockets close at once, its memberships end behind the fence, and the others are told', async () => {
    const { ada, bob, projectId, documentId } = await twoInAProject();
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const watching = await world.connect(bob);
    await watching.ask('project:open', { projectId });
    const version = async () =>
      Number(
        (await world.sql.query('SELECT access_version AS v FROM documents WHERE id = $1', [documentId])).rows[0].v,
      );
    const before = await version();
    expect((await leave(ada)).status).toBe(204);
    expect((await editor.client.hears('session:closed')).code).toBe('invalid_token');
    await watching.hears('project:event', (event) => event.type === 'member.removed' && event.userId === ada.user.id);
    expect(await version()).toBeGreaterThan(before);
    expect((await ask(ada, 'GET', '/users/me')).status).toBe(401);
    const late = world.dial({ token: ada.accessToken, protocol: 1 });
    expect((await late.refused()).code).toBe('invalid_token');
  });

  test('the name is taken out of events that others have yet to read', async () => {
    const { ada, bob } = await twoInAProject();
    const { projectId } = await world.share(bob, [[ada, 'editor']]);
    const named = () =>
      count(`event_outbox WHERE payload #>> '{member,userId}' = $1 AND payload::text LIKE '%Ada%'`, ada.user.id);
    expect(await named()).toBeGreaterThan(0);
    expect((await leave(ada)).status).toBe(204);
    expect(await named()).toBe(0);
    expect(await count(`event_outbox WHERE payload ->> 'projectId' = $1 AND type = 'member.removed'`, projectId)).toBe(
      1,
    );
  });

  test('its address, and those it worked from, are in no record any more', async () => {
    const { ada } = await twoInAProject();
    await world.server.request('POST', '/api/v1/auth/login', {
      body: { email: ada.email, password: 'a wrong password' },
    });
    const traces = () =>
      count('audit_events WHERE target = $2 OR address IS NOT NULL AND actor_id = $1', ada.user.id, ada.email);
    expect(await traces()).toBeGreaterThan(0);
    expect((await leave(ada)).status).toBe(204);
    expect(await traces()).toBe(0);
    expect(await count('audit_events WHERE target = $1 AND action = $2', ada.user.id, 'account.deleted')).toBe(1);
  });

  test('a last owner hands over first; a project with nobody else goes with the account', async () => {
    const [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
    const kept = await world.share(ada, [[bob, 'editor']], { text: 'kept' });
    const alone = await world.share(ada, [], { text: 'mine' });
    const link = await world.server.app.get(SignInLinks).create({ projectId: alone.projectId, role: 'editor' });
    const guest = await world.guest(link);

    const plan = accountDeletion.parse((await ask(ada, 'GET', '/users/me/deletion')).json());
    expect(plan.deletes.map(({ id }) => id)).toEqual([alone.projectId]);
    expect(plan.handOver.map(({ id }) => id)).toEqual([kept.projectId]);
    const refused = await leave(ada);
    expect([refused.status, codeOf(refused)]).toEqual([409, 'last_owner']);
    expect(refused.json()).toMatchObject({ details: { projects: [{ id: kept.projectId, name: 'Apollo' }] } });
    expect(refused.json<{ detail: string }>().detail).toContain('Apollo');
    expect((await ask(ada, 'GET', `/projects/${alone.projectId}`)).status).toBe(200);

    await ask(ada, 'PATCH', `/projects/${kept.projectId}/members/${bob.user.id}`, { role: 'owner' });
    expect((await leave(ada)).status).toBe(204);
    expect((await ask(bob, 'GET', `/documents/${kept.documentId}/text`)).text).toBe('kept');
    expect((await ask(guest, 'GET', `/documents/${alone.documentId}/text`)).status).toBe(404);
    expect(await count('documents WHERE project_id = $1 AND deleted_at IS NULL', alone.projectId)).toBe(0);
  });

  test('asks again who it is', async () => {
    const ada = await world.person();
    await world.sql.query(`UPDATE sessions SET created_at = now() - interval '1 hour' WHERE user_id = $1`, [
      ada.user.id,
    ]);
    const answers = [
      await ask(ada, 'POST', '/users/me/deletion', {}),
      await ask(ada, 'POST', '/users/me/deletion', { currentPassword: 'not the password' }),
    ];
    expect(answers.map(codeOf)).toEqual(['fresh_sign_in_required', 'invalid_credentials']);
    expect((await ask(ada, 'GET', '/users/me')).status).toBe(200);
    expect((await leave(ada)).status).toBe(204);
  });

  test('while somebody makes its user a member, ends in one of both and in no remains', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
      const { projectId } = await world.share(bob);
      const add = ask(bob, 'POST', `/projects/${projectId}/members`, { email: ada.email, role: 'editor' });
      const [left, added] = await Promise.all([leave(ada), add]);
      expect(left.status).toBe(204);
      expect([201, 404]).toContain(added.status);
      expect(await count('project_members WHERE user_id = $1', ada.user.id)).toBe(0);
    }
  });

  test('D8 an edit that is on its way when the account goes is not stored after it', async () => {
    const { ada, documentId } = await twoInAProject();
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const release = await world.holdAppends(documentId);
    const update = editor.prepare((text) => text.insert(0, 'too late'));
    const answer = editor.client.ask('document:update', { documentId, update });
    await world.appendWaits();
    const leaving = leave(ada);
    await release();
    expect((await leaving).status).toBe(204);
    const rows = await world.rows(documentId);
    const outcome = await Promise.race([answer.catch(() => undefined), editor.client.hears('session:closed')]);
    expect(outcome).toBeDefined();
    // Stored before the account went, or never: not after it.
    expect(await world.rows(documentId)).toEqual(rows);
  });
});

describe('an export', () => {
  test('has all that is kept of its user, and nobody else', async () => {
    const { ada, bob, projectId, documentId } = await twoInAProject();
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    await editor.type('hello');
    await ask(ada, 'PUT', '/users/me/profile', { ideSettings: { tabSize: 8 }, aiPreferences: {} });
    const answer = await ask(ada, 'GET', '/users/me/export');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
    const data = accountExport.parse(answer.json());
    expect(data.account).toMatchObject({ email: ada.email, displayName: 'Ada', hasPassword: true });
    expect(data.profile).toMatchObject({ ideSettings: { tabSize: 8 } });
    expect(data.memberships).toMatchObject([{ projectId, project: 'Apollo', role: 'owner' }]);
    expect(data.sessions).toHaveLength(1);
    expect(data.documents).toMatchObject([{ id: documentId, projectId }]);
    expect(data.authorship).toMatchObject([{ documentId, updates: expect.any(Number) }]);
    expect(data.activity).toContainEqual(expect.objectContaining({ action: 'sign_in' }));
    for (const foreign of [bob.email, bob.user.id, 'Bob', 'argon2', ada.refreshToken]) {
      expect(answer.text).not.toContain(foreign);
    }
  });

  test('of more rows than are read at a time is whole', async () => {
    const ada = await world.person();
    await world.sql.query('INSERT INTO sessions (user_id) SELECT $1 FROM generate_series(1, 1234)', [ada.user.id]);
    const data = accountExport.parse((await ask(ada, 'GET', '/users/me/export')).json());
    expect(data.sessions).toHaveLength(1235);
    expect(new Set(data.sessions.map(({ id }) => id)).size).toBe(1235);
  });

  test('is for its user', async () => {
    expect((await world.server.request('GET', '/api/v1/users/me/export')).status).toBe(401);
    const gone = await world.person();
    await leave(gone);
    expect((await ask(gone, 'GET', '/users/me/export')).status).toBe(401);
  });
});

test('a guest can leave, and take nothing over', async () => {
  const ada = await world.person();
  const { projectId } = await world.share(ada, [], { text: 'shared' });
  const guest = await world.guest(await world.server.app.get(SignInLinks).create({ projectId, role: 'editor' }));
  expect(guest.user).toMatchObject({ kind: 'guest', email: null, emailVerified: false });
  const grabs = [
    await ask(guest, 'POST', '/users/me/email', { email: 'guest@example.org' }),
    await ask(guest, 'PUT', '/users/me/password', { password: 'nine slow turtles cross the road' }),
  ];
  expect(grabs.map(codeOf)).toEqual(['forbidden', 'forbidden']);
  const client = await world.connect(guest as Person);
  expect((await ask(guest, 'POST', '/users/me/deletion', {})).status).toBe(204);
  await client.hears('session:closed');
  expect(await count('project_members WHERE user_id = $1', guest.user.id)).toBe(0);
});
