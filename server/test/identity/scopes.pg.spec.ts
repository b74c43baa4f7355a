import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CLIENT_EVENTS, type ClientEvent } from '@tandem/protocol';
import { type CreatedToken, SCOPES, type Scope } from '@tandem/protocol/http';
import { SCOPE_EXTENSION } from '../../src/platform/http/scope.decorator.js';
import { EVENT_SCOPES } from '../../src/platform/sockets/event-scopes.js';
import { eventually } from '../../src/testing/eventually.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
/** Of Ada, by its one scope. */
let tokens: Record<Scope, string>;
beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
  tokens = await oneOfEach(ada);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

async function tokenOf(person: Person, ...scopes: Scope[]): Promise<string> {
  const body = { name: scopes.join(), scopes };
  return ((await world.rest(person, 'POST', '/users/me/tokens', body)) as CreatedToken).token;
}
async function oneOfEach(person: Person): Promise<Record<Scope, string>> {
  const made = SCOPES.map(async (scope) => [scope, await tokenOf(person, scope)] as const);
  return Object.fromEntries(await Promise.all(made)) as Record<Scope, string>;
}
const connect = (token: string) => world.connect({ ...ada, accessToken: token });

/** Which tokens of one scope pass where a scope is asked for. */
const PASSES: Record<Scope | 'any', readonly Scope[]> = {
  read: ['read', 'write', 'ai'],
  write: ['write'],
  ai: ['ai'],
  account: ['account'],
  any: SCOPES,
};

interface Operation {
  readonly security?: unknown;
  readonly [SCOPE_EXTENSION]?: unknown;
}

/** Every route that is not public, as the server describes itself. */
async function routes(): Promise<{ method: string; path: string; scope: unknown }[]> {
  const { paths } = (await world.server.request('GET', '/api/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation.security ? [{ method: method.toUpperCase(), path, scope: operation[SCOPE_EXTENSION] }] : [],
    ),
  );
}

describe('routes', () => {
  it('every route that is not public says which scope it is for, and none that changes something is for `read`', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(25);
    const bad = all.filter(
      ({ method, scope }) => !Object.hasOwn(PASSES, String(scope)) || (scope === 'read' && method !== 'GET'),
    );
    expect(bad).toEqual([]);
  });

  it.each(SCOPES)('a token for `%s` opens the routes of its scope, and is refused at all others', async (scope) => {
    // Somebody who has nothing to lose: `account` ends sign-ins, among other things.
    const walker = await oneOfEach(await world.person('Walker'));
    const wrong: string[] = [];
    for (const { method, path, scope: needed } of await routes()) {
      const target = path.replace(/\{\w+\}/g, () => randomUUID());
      const answer = await world.server.request(method, target, { token: walker[scope] });
      const refused = answer.status === 403 && answer.json<{ code?: string }>().code === 'insufficient_scope';
      const expected = !PASSES[needed as Scope | 'any'].includes(scope);
      // It reached the route, or it did not; what the route says of a made-up id and no body is its own.
      if (refused !== expected || answer.status === 401) wrong.push(`${method} ${path}: ${answer.status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('which scope is missing is told', async () => {
    const answer = await world.server.request('POST', '/api/v1/projects', { token: tokens.read, body: { name: 'A' } });
    expect([answer.status, answer.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'insufficient_scope', details: { scope: 'write' } }),
    ]);
  });
});

describe('events', () => {
  it.each(SCOPES)('SES-9: a token for `%s` may send the events of its scope, and no other', async (scope) => {
    const client = await connect(tokens[scope]);
    const wrong: string[] = [];
    for (const event of Object.keys(CLIENT_EVENTS) as ClientEvent[]) {
      const { code } = await refusedWith(client.askRaw(event, {}));
      const expected = PASSES[EVENT_SCOPES[event]].includes(scope) ? 'bad_request' : 'insufficient_scope';
      if (code !== expected) wrong.push(`${event}: ${code}`);
    }
    expect(wrong).toEqual([]);
    expect(client.isConnected).toBe(true);
  });

  it('SES-9: who may own but brings a token for `read` is a viewer, also after the role has changed', async () => {
    const [bea, { projectId, documentId }] = [
      await world.person('Bea'),
      await world.share(ada, [], { text: 'stored' }),
    ];
    await world.rest(ada, 'POST', `/projects/${projectId}/members`, { email: bea.email, role: 'owner' });
    const client = await connect(tokens.read);
    expect(await accepted(client.ask('project:open', { projectId }))).toMatchObject({ role: 'viewer' });
    const reader = await PlainEditor.open(client, documentId);
    expect([reader.text, reader.opened.role]).toEqual(['stored', 'viewer']);
    const edit = reader.prepare((text) => text.insert(0, 'x'));
    const refusal = await refusedWith(client.ask('document:update', { documentId, update: edit }));
    expect(refusal).toMatchObject({ code: 'insufficient_scope', retry: 'never' });

    await world.rest(bea, 'PATCH', `/projects/${projectId}/members/${ada.user.id}`, { role: 'editor' });
    // What others do still arrives, and with it all that was sent before.
    const writer = await PlainEditor.open(await world.connect(bea), documentId);
    await writer.type('!');
    await reader.shows((text) => text.includes('!'));
    expect(client.told('document:role').filter(({ role }) => role !== 'viewer')).toEqual([]);
    expect((await world.rows(documentId)).length).toBe(2);
  });

  it('D8: who is removed is removed, whatever the token', async () => {
    const bea = await world.person('Bea');
    const { projectId, documentId } = await world.share(ada, [[bea, 'owner']]);
    const client = await connect(tokens.read);
    await PlainEditor.open(client, documentId);
    await world.rest(bea, 'DELETE', `/projects/${projectId}/members/${ada.user.id}`);
    await eventually('the reader is let go', () =>
      client.told('document:status').some(({ state }) => state === 'closed'),
    );
  });

  it('a token for `read` and `ai` asks for suggestions and changes nothing; one for `write` does not ask', async () => {
    const { documentId } = await world.share(ada, [], { text: 'const a = 1;\n' });
    const both = await PlainEditor.open(await connect(await tokenOf(ada, 'read', 'ai')), documentId);
    const ask = ({ client, opened }: PlainEditor) =>
      client.ask('completion:start', { documentId, offset: 13, stateVector: opened.stateVector });
    expect((await accepted(ask(both))).completionId).toEqual(expect.any(String));
    const edit = both.prepare((text) => text.insert(0, 'x'));
    const refusal = await refusedWith(both.client.ask('document:update', { documentId, update: edit }));
    expect(refusal.code).toBe('insufficient_scope');

    const writer = await PlainEditor.open(await connect(tokens.write), documentId);
    expect((await refusedWith(ask(writer))).code).toBe('insufficient_scope');
    await writer.type('y');
  });

  it('SES-9: a connection is renewed with a token of the same scopes only', async () => {
    const client = await connect(tokens.read);
    const wider = await refusedWith(client.ask('session:renew', { token: ada.accessToken }));
    expect(wider.code).toBe('insufficient_scope');
    await accepted(client.ask('session:renew', { token: await tokenOf(ada, 'read') }));
  });
});
