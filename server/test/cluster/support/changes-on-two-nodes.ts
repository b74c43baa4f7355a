import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventOf, ProjectEvent } from '@tandem/protocol';
import { type Tokens, tokens } from '@tandem/protocol/http';
import type { AppConfig } from '../../../src/config/app-config.js';
import { ChangeLog } from '../../../src/core/access/change-log.js';
import { Changes } from '../../../src/core/access/changes.js';
import { NodeBus } from '../../../src/core/bus/node-bus.js';
import { eventually } from '../../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../../src/testing/postgres.js';
import { accepted, type PlainClient, refusedWith } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import { type Person, SyncWorld } from '../../support/sync-world.js';
import { hammer } from './hammer.js';

/** What DESIGN D8 promises, in milliseconds. */
const TOLD_MS = 1_000;
const FOUND_OUT_MS = 2_000;

/** What nodes on one PostgreSQL promise about rights (D8), whatever carries their news. */
export function changesOnTwoNodes(settings: () => Partial<AppConfig>): void {
  let database: TestDatabase;
  let here: SyncWorld;
  let there: SyncWorld;
  let ada: Person;
  let bob: Person;
  const heals: (() => void)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const all = { databaseUrl: database.url, ...settings() };
    here = await SyncWorld.start(all);
    there = await SyncWorld.start(all, here.server.secret);
    [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
  });
  afterEach(async () => {
    for (const heal of heals.splice(0)) heal();
    await Promise.all([here.hangUp(), there.hangUp()]);
  });
  afterAll(async () => {
    await Promise.all([here?.stop(), there?.stop()]);
    await database?.drop();
  });

  /** Nothing is heard between the nodes until the returned call, which lets all through that was said meanwhile. */
  function killBus(): () => void {
    const held: (() => void)[] = [];
    const mends = [here, there].map((world) => {
      const bus = world.server.app.get(NodeBus, { strict: false });
      const publish = bus.publish;
      bus.publish = (...message) => void held.push(() => publish.apply(bus, message));
      return () => {
        bus.publish = publish;
      };
    });
    const heal = () => {
      for (const mend of mends.splice(0)) mend();
      for (const say of held.splice(0)) say();
    };
    heals.push(heal);
    return heal;
  }

  /** Bob is on the other node: in a document, and with a connection that has nothing but the project open. */
  async function bobThere(as: Tokens = bob) {
    const shared = await here.share(ada, [[bob, 'editor']]);
    const editor = await PlainEditor.open(await there.connect(as), shared.documentId);
    const watching = await there.connect(as);
    await accepted(watching.ask('project:open', { projectId: shared.projectId }));
    return { ...shared, editor, watching };
  }

  const eventsOf = (client: PlainClient, projectId: string) =>
    client.told('project:event').filter((event) => event.projectId === projectId);
  /** Without the `stalled` and `ok` of a busy machine. */
  const statesOf = (client: PlainClient) =>
    client.told('document:status').flatMap(({ state }) => (state === 'closed' ? [state] : []));

  describe.each([
    ['told by the bus', TOLD_MS],
    ['found out, the bus being dead', FOUND_OUT_MS],
  ])('%s', (how, withinMs) => {
    const begin = () => (how === 'told by the bus' ? () => undefined : killBus());

    /** The other node has heard of all that happened so far: what it would tell twice, it has told twice. */
    async function settled(projectId: string, client: PlainClient): Promise<void> {
      const documentId = await here.addDocument(ada, projectId);
      const isMade = (event: ProjectEvent) => event.type === 'document.created' && event.document.id === documentId;
      await client.hears('project:event', isMade, withinMs);
      await client.hears('project:event', isMade);
    }

    it('SES-4 D8: who signs out is out on every node, and nobody else', async () => {
      const [out, stays] = [await here.signInAgain(bob), await here.signInAgain(bob)];
      const { editor, watching } = await bobThere(out);
      const other = await there.connect(stays);
      begin();
      await here.rest(undefined, 'POST', '/auth/logout', { refreshToken: out.refreshToken });
      for (const client of [watching, editor.client]) {
        expect(await client.hears('session:closed', undefined, withinMs)).toMatchObject({ code: 'invalid_token' });
        await eventually('the connection ends', () => !client.isConnected, 500);
        expect(client.told('session:closed')).toHaveLength(1);
      }
      expect((await there.dial({ token: out.accessToken }).refused()).code).toBe('invalid_token');
      expect(other.isConnected).toBe(true);
    });

    it('SES-4 D8 A34: a refresh token that comes twice ends its sign-in on every node', async () => {
      const stolen = await here.signInAgain(bob);
      const { editor } = await bobThere(stolen);
      const refresh = () => here.rest(undefined, 'POST', '/auth/refresh', { refreshToken: stolen.refreshToken });
      const owner = tokens.parse(await refresh());
      await here.sql.query(`UPDATE refresh_tokens SET used_at = used_at - interval '1 minute'`);
      begin();
      await expect(refresh()).rejects.toMatchObject({ code: 'invalid_token' });
      expect(await editor.client.hears('session:closed', undefined, withinMs)).toMatchObject({ code: 'invalid_token' });
      expect((await there.dial({ token: owner.accessToken }).refused()).code).toBe('invalid_token');
    });

    it('SES-3 D8: the token of a sign-in that has ended elsewhere renews nothing', async () => {
      const [first, second] = [await here.signInAgain(bob), await here.signInAgain(bob)];
      const client = await there.connect(first);
      await accepted(client.ask('session:renew', { token: second.accessToken }));
      begin();
      await here.rest(undefined, 'POST', '/auth/logout', { refreshToken: first.refreshToken });
      const refusal = await refusedWith(client.ask('session:renew', { token: first.accessToken }));
      expect(refusal.code).toBe('invalid_token');
      await here.rest(undefined, 'POST', '/auth/logout', { refreshToken: second.refreshToken });
      await client.hears('session:closed', undefined, withinMs);
    });

    it('PRJ-5 D8 F31: a member who is removed hears it once, and then nothing more', async () => {
      const { projectId, documentId, editor, watching } = await bobThere();
      const mine = await there.connect(ada);
      await accepted(mine.ask('project:open', { projectId }));
      begin();
      await here.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
      const removed = { projectId, type: 'member.removed', userId: bob.user.id };
      expect(await watching.hears('project:event', undefined, withinMs)).toEqual(removed);
      await editor.client.hears('document:status', ({ state }) => state === 'closed', withinMs);
      await settled(projectId, mine);
      expect(eventsOf(watching, projectId)).toEqual([removed]);
      expect(eventsOf(mine, projectId).filter(({ type }) => type === 'member.removed')).toHaveLength(1);
      expect(statesOf(editor.client)).toEqual(['closed']);
      expect((await refusedWith(watching.ask('project:open', { projectId }))).code).toBe('not_found');
      expect((await refusedWith(editor.client.ask('document:open', { documentId }))).code).toBe('not_found');
    });

    it('PRJ-5 DOC-20 D8 F31: a role that is lowered is told once, and every edit under way is answered', async () => {
      const { projectId, documentId, editor, watching } = await bobThere();
      const typing = hammer(editor);
      await typing.some();
      begin();
      await here.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
      const stored = await here.count('document_updates', documentId);
      await editor.client.hears('document:role', ({ role }) => role === 'viewer', withinMs);
      const outcomes = await typing.stop();
      expect(new Set(outcomes)).toEqual(new Set(['ok', 'forbidden']));
      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(stored);
      await settled(projectId, watching);
      expect(await here.count('document_updates', documentId)).toBe(stored);
      expect(editor.client.told('document:role')).toEqual([{ documentId, role: 'viewer' }]);
      const isOfBob = (event: EventOf<'project:event'>) => event.type === 'member.changed';
      expect(eventsOf(watching, projectId).filter(isOfBob)).toHaveLength(1);
    });

    it('PRJ-5 D8 F31: a project that is deleted is gone on every node, and says so once', async () => {
      const { projectId, editor, watching } = await bobThere();
      const typing = hammer(editor);
      await typing.some();
      begin();
      await here.rest(ada, 'DELETE', `/projects/${projectId}`);
      expect(await watching.hears('project:event', undefined, withinMs)).toEqual({
        projectId,
        type: 'project.deleted',
      });
      await editor.client.hears('document:status', ({ state }) => state === 'closed', withinMs);
      for (const outcome of await typing.stop()) expect(['ok', 'not_found', 'not_open']).toContain(outcome);
      const another = await bobThere();
      await settled(another.projectId, another.watching);
      expect(eventsOf(watching, projectId)).toHaveLength(1);
      expect(statesOf(editor.client)).toEqual(['closed']);
      expect((await refusedWith(watching.ask('project:open', { projectId }))).code).toBe('not_found');
    });

    it('DOC-20 D8 A44: a rule of paths holds on every node, and for what was sent before it', async () => {
      const { projectId, documentId, editor } = await bobThere();
      const typing = hammer(editor);
      await typing.some();
      begin();
      await here.rest(ada, 'PUT', `/projects/${projectId}/path-rules`, { rules: [{ path: '**', access: 'read' }] });
      const stored = await here.count('document_updates', documentId);
      const told = await editor.client.hears('document:role', undefined, withinMs);
      expect(told).toEqual({ documentId, role: 'commenter' });
      expect(new Set(await typing.stop())).toEqual(new Set(['ok', 'forbidden']));
      expect(await here.count('document_updates', documentId)).toBe(stored);
    });

    it('DOC-25 PRJ-2 D8 F31: a document that is deleted is closed on every node, and its project told once', async () => {
      const { projectId, documentId, editor, watching } = await bobThere();
      const typing = hammer(editor);
      await typing.some();
      begin();
      await here.rest(ada, 'DELETE', `/documents/${documentId}`);
      const deleted = { projectId, type: 'document.deleted', documentId };
      expect(await watching.hears('project:event', undefined, withinMs)).toEqual(deleted);
      await editor.client.hears('document:status', ({ state }) => state === 'closed', withinMs);
      for (const outcome of await typing.stop()) expect(['ok', 'not_found', 'not_open']).toContain(outcome);
      await settled(projectId, watching);
      expect(eventsOf(watching, projectId).filter(({ type }) => type === 'document.deleted')).toEqual([deleted]);
      expect(statesOf(editor.client)).toEqual(['closed']);
    });

    it('PRJ-2 D8: changes of both nodes come once each, in the order of their commits, and not again when the bus is back', async () => {
      const { projectId, watching } = await bobThere();
      const mine = await here.connect(ada);
      await accepted(mine.ask('project:open', { projectId }));
      const heal = begin();
      const expected: unknown[] = [];
      for (let n = 0; n < 6; n++) {
        const world = n % 2 === 0 ? here : there;
        const id = await world.addDocument(ada, projectId, { path: `f${n}` });
        await world.rest(ada, 'PATCH', `/documents/${id}`, { path: `g${n}` });
        for (const [type, path] of [
          ['document.created', `f${n}`],
          ['document.moved', `g${n}`],
        ]) {
          expected.push({ projectId, type, document: { id, path, kind: 'text' } });
        }
      }
      const isAll = () => [mine, watching].every((client) => eventsOf(client, projectId).length >= expected.length);
      await eventually('both have heard all', isAll, withinMs);
      heal();
      for (const client of [mine, watching]) await settled(projectId, client);
      for (const client of [mine, watching]) {
        const [heard, probes] = [eventsOf(client, projectId).slice(0, 12), eventsOf(client, projectId).slice(12)];
        if (how === 'told by the bus') expect(heard.map(text).sort()).toEqual(expected.map(text).sort());
        else expect(ofNode(heard, client === mine)).toEqual(ofNode(expected, client === mine));
        expect(probes).toHaveLength(2);
      }
    });

    const text = (event: unknown) => JSON.stringify(event);
    /** Its own changes a node tells at once, those of the others in their order. */
    const ofNode = (events: readonly unknown[], isHere: boolean) => {
      const isOwn = (event: unknown) => /"[fg][024]"/.test(text(event)) === isHere;
      return [events.filter(isOwn), events.filter((event) => !isOwn(event))];
    };
  });

  it('DOC-20 A43: a hint that comes late gives nobody a right that was taken away since', async () => {
    const { projectId, documentId, editor } = await bobThere();
    killBus();
    await here.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    await editor.client.hears('document:role', ({ role }) => role === 'viewer', FOUND_OUT_MS);
    const member = { userId: bob.user.id, displayName: 'Bob', role: 'editor' as const };
    const change = { type: 'member.changed' as const, projectId, member };
    const changes = there.server.app.get(Changes, { strict: false });
    changes.publish({ id: Number.MAX_SAFE_INTEGER, transaction: Number.MAX_SAFE_INTEGER, change });
    const update = editor.prepare((text) => text.insert(0, 'no'));
    const refusal = await refusedWith(editor.client.ask('document:update', { documentId, update }));
    expect(refusal.code).toBe('forbidden');
    expect(await here.count('document_updates', documentId)).toBe(0);
  });

  it('CON-9 D8: a node that was cut off for longer than changes are kept asks its editors to connect anew', async () => {
    const { projectId, watching } = await bobThere();
    killBus();
    const log = there.server.app.get(ChangeLog, { strict: false });
    const news = log.news;
    const mend = () => {
      log.news = news;
    };
    heals.push(mend);
    // By the clock of the database, its last look is long ago when it comes back.
    log.news = () => Promise.reject(new Error('cut off, for this test'));
    await here.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
    await here.addDocument(ada, projectId);
    await here.sql.query(`UPDATE changes SET created_at = created_at - interval '1 hour'`);
    await here.server.app.get(ChangeLog, { strict: false }).prune();
    log.news = (since) => news.call(log, since && Object.assign(Object.create(since), { at: since.at - 3_600_000 }));
    await watching.hears('server:drain', undefined, FOUND_OUT_MS);
    await eventually('the connection ends', () => !watching.isConnected);
    mend();
    const back = await there.connect(bob);
    expect((await refusedWith(back.ask('project:open', { projectId }))).code).toBe('not_found');
    expect(there.server.log).toContain('changes were missed for good');
  });

  it('CON-3: a node is called in its greeting as in its lease', async () => {
    const names = await Promise.all([here, there].map(async (world) => (await world.connect(ada)).greeted()));
    const { rows } = await here.sql.query<{ id: string }>('SELECT id FROM nodes WHERE expires_at > now()');
    expect(rows.map(({ id }) => id).sort()).toEqual(names.map(({ node }) => node).sort());
  });
}
