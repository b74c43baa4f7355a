import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { craftUpdate, string } from '../support/craft-update.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { replay } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob, eve] = await Promise.all([world.person('Ada'), world.person('Bob'), world.person('Eve')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

describe('D8: a right that is taken away', () => {
  /** Types as fast as answers come; tells how each edit ended. */
  function hammer(editor: PlainEditor) {
    const outcomes: Promise<string>[] = [];
    let goesOn = true;
    const running = (async () => {
      for (let i = 0; goesOn; i++) {
        const update = editor.prepare((text) => text.insert(text.length, `${i} `));
        const answer = editor.client.ask('document:update', { documentId: editor.documentId, update });
        const outcome = answer.then((body) => (body.ok ? 'ok' : body.error.code));
        outcomes.push(outcome);
        if (i % 8 === 7) await outcome;
      }
    })();
    return {
      some: () => eventually('some edits are stored', async () => outcomes.length > 30 && (await outcomes[0]) === 'ok'),
      stop: async () => {
        goesOn = false;
        await running;
        return Promise.all(outcomes);
      },
    };
  }

  /** Edits of `userId` that the log took after the change was committed, by the order of the event outbox. */
  async function storedAfter(type: string, projectId: string, documentId: string, userId: string): Promise<number> {
    // Outbox ids are drawn under the lock of the document, so their order is the order of the commits.
    const sql = `
      SELECT count(*)::int AS n FROM event_outbox o
      JOIN document_updates u ON u.document_id = o.document_id AND u.seq BETWEEN o.from_seq AND o.seq
      WHERE o.document_id = $1 AND u.user_id = $2 AND o.type = 'document.updated'
        AND o.id > (SELECT max(id) FROM event_outbox WHERE type = $3 AND payload->>'projectId' = $4)`;
    const change = `SELECT 1 FROM event_outbox WHERE type = $1 AND payload->>'projectId' = $2`;
    expect((await world.sql.query(change, [type, projectId])).rowCount).toBeGreaterThan(0);
    const { rows } = await world.sql.query<{ n: number }>(sql, [documentId, userId, type, projectId]);
    return rows[0]!.n;
  }

  it('DOC-20 PRJ-5 F31: a lowered role is told within a second, and every edit gets its answer', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const editor = await PlainEditor.open(await world.connect(bob), documentId);
    const typing = hammer(editor);
    await typing.some();
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    const stored = await world.count('document_updates', documentId);
    expect(await editor.client.hears('document:role', undefined, 1000)).toEqual({ documentId, role: 'viewer' });
    const outcomes = await typing.stop();
    expect(new Set(outcomes)).toEqual(new Set(['ok', 'forbidden']));
    expect(outcomes.lastIndexOf('ok')).toBe(outcomes.indexOf('forbidden') - 1);
    expect(await world.count('document_updates', documentId)).toBe(stored);
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(stored);
    expect(await storedAfter('member.changed', projectId, documentId, bob.user.id)).toBe(0);
    // He stays, and reads.
    const owner = await PlainEditor.open(await world.connect(ada), documentId);
    await owner.type('and on');
    await editor.client.hears('document:update', ({ seq }) => seq === stored + 1);
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'editor' });
    await editor.client.hears('document:role', ({ role }) => role === 'editor', 1000);
    const again = await PlainEditor.open(editor.client, documentId);
    expect(await again.type('back')).toBe(stored + 2);
  });

  it('DOC-25 PRJ-5 F31: a removed member is out within a second, in every document and project', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const second = await world.addDocument(ada, projectId);
    const client = await world.connect(bob);
    await accepted(client.ask('project:open', { projectId }));
    const editor = await PlainEditor.open(client, documentId);
    await PlainEditor.open(client, second);
    const typing = hammer(editor);
    await typing.some();
    await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
    const stored = await world.count('document_updates', documentId);
    for (const id of [documentId, second]) {
      const closed = await client.hears('document:status', (body) => body.documentId === id, 1000);
      expect(closed).toEqual({ documentId: id, state: 'closed' });
    }
    const removed = await client.hears('project:event', ({ type }) => type === 'member.removed', 1000);
    expect(removed).toEqual({ projectId, type: 'member.removed', userId: bob.user.id });
    const outcomes = await typing.stop();
    for (const outcome of outcomes) expect(['ok', 'forbidden', 'not_open', 'not_found']).toContain(outcome);
    editor.send(new Uint8Array([0, 0]));
    await expect(editor.saved()).rejects.toThrow('not_open');
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(stored);
    expect(await world.count('document_updates', documentId)).toBe(stored);
    expect(await storedAfter('member.removed', projectId, documentId, bob.user.id)).toBe(0);
    const before = client.events.length;
    const owner = await PlainEditor.open(await world.connect(ada), documentId);
    await owner.type('among us');
    await world.addDocument(ada, projectId);
    expect((await refusedWith(client.ask('document:open', { documentId }))).code).toBe('not_found');
    expect((await refusedWith(client.ask('project:open', { projectId }))).code).toBe('not_found');
    expect(client.events.slice(before)).toEqual([]);
    expect(client.isConnected).toBe(true);
  });

  it('DOC-25 F31: a deleted document closes for everybody, and edits on their way are answered', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const client = await world.connect(bob);
    await accepted(client.ask('project:open', { projectId }));
    const editor = await PlainEditor.open(client, documentId);
    const owner = await PlainEditor.open(await world.connect(ada), documentId);
    const typing = hammer(editor);
    await typing.some();
    await world.rest(ada, 'DELETE', `/documents/${documentId}`);
    for (const one of [editor, owner]) {
      expect((await one.client.hears('document:status', ({ state }) => state === 'closed', 1000)).state).toBe('closed');
    }
    expect(await client.hears('project:event', undefined, 1000)).toEqual({
      projectId,
      type: 'document.deleted',
      documentId,
    });
    const outcomes = await typing.stop();
    for (const outcome of outcomes) expect(['ok', 'not_found', 'not_open']).toContain(outcome);
    expect(await world.count('document_updates', documentId)).toBe(outcomes.filter((one) => one === 'ok').length);
    expect((await refusedWith(client.ask('document:open', { documentId }))).code).toBe('not_found');
    expect(await storedAfter('document.deleted', projectId, documentId, bob.user.id)).toBe(0);
  });

  it('DOC-25 PRJ-2 F31: a deleted project takes its documents with it', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const client = await world.connect(bob);
    await accepted(client.ask('project:open', { projectId }));
    const editor = await PlainEditor.open(client, documentId);
    const typing = hammer(editor);
    await typing.some();
    await world.rest(ada, 'DELETE', `/projects/${projectId}`);
    expect((await client.hears('document:status', ({ state }) => state === 'closed', 1000)).state).toBe('closed');
    expect(await client.hears('project:event', undefined, 1000)).toEqual({ projectId, type: 'project.deleted' });
    for (const outcome of await typing.stop()) expect(['ok', 'not_found', 'not_open']).toContain(outcome);
    for (const person of [ada, bob]) {
      const again = await world.connect(person);
      expect((await refusedWith(again.ask('document:open', { documentId }))).code).toBe('not_found');
    }
  });

  it('PRJ-5 A43: the fence is in the append: in many races nothing is stored after the removal’s commit', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const clients = await Promise.all([1, 2].map(() => world.connect(bob)));
    let stored = 0;
    for (let round = 0; round < 12; round++) {
      let goesOn = true;
      const hammering = clients.map(async (client, i) => {
        for (let n = 0; goesOn; n++) {
          const doc = new Y.Doc();
          doc.clientID = 1_000_000 * (i + 1) + round * 1000 + n;
          doc.getText('content').insert(0, `${round}`);
          const { clientID: clientId } = doc;
          // Not waiting for the open: the edit runs as soon as the room is there.
          const opened = client.ask('document:open', { documentId, clientId });
          await client.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(doc) });
          await opened;
        }
      });
      await eventually('edits are stored', async () => {
        const before = stored;
        stored = await world.count('document_updates', documentId);
        return stored > before;
      });
      await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
      const answered = await world.count('document_updates', documentId);
      goesOn = false;
      await Promise.all(hammering);
      expect(await world.count('document_updates', documentId)).toBe(answered);
      expect(await storedAfter('member.removed', projectId, documentId, bob.user.id)).toBe(0);
      await world.rest(ada, 'POST', `/projects/${projectId}/members`, { email: bob.email, role: 'editor' });
    }
    replay((await world.rows(documentId)).map(({ bytes }) => bytes));
  });

  it('PRJ-5 A43: a removal that commits while somebody is opening leaves no right behind', async () => {
    const { documentId, projectId } = await world.share(ada, [[bob, 'editor']]);
    const client = await world.connect(bob);
    const sql = new Client({ connectionString: world.server.databaseUrl });
    await sql.connect();
    try {
      // The open has read the role and waits for the room, which is loaded after the removal.
      await sql.query('BEGIN');
      await sql.query('LOCK TABLE document_snapshots IN ACCESS EXCLUSIVE MODE');
      const opened = client.ask('document:open', { documentId });
      await world.appendWaits();
      // As another node would: nobody tells this one.
      await world.sql.query('DELETE FROM project_members WHERE project_id = $1 AND user_id = $2', [
        projectId,
        bob.user.id,
      ]);
      await world.sql.query('UPDATE documents SET access_version = access_version + 1 WHERE id = $1', [documentId]);
      await sql.query('COMMIT');
      await opened;
    } finally {
      await sql.end();
    }
    const update = craftUpdate([{ client: 5, structs: [string('x')] }]);
    const refusal = await refusedWith(client.ask('document:update', { documentId, update }));
    expect(['not_open', 'forbidden', 'not_found']).toContain(refusal.code);
    expect(await world.count('document_updates', documentId)).toBe(0);
  });

  it('DOC-34 A7: what builds on an edit that is refused by the fence is refused with it', async () => {
    const { documentId, projectId } = await world.share(ada, [
      [bob, 'editor'],
      [eve, 'editor'],
    ]);
    const removed = await PlainEditor.open(await world.connect(bob), documentId);
    const accomplice = await PlainEditor.open(await world.connect(eve), documentId);
    const honest = await PlainEditor.open(await world.connect(ada), documentId);
    for (const editor of [removed, accomplice]) await editor.type('1');
    await honest.shows((text) => text.length === 2);
    const fence = (sql: Client) =>
      sql
        .query('DELETE FROM project_members WHERE project_id = $1 AND user_id = $2', [projectId, bob.user.id])
        .then(() => sql.query('UPDATE documents SET access_version = access_version + 1 WHERE id = $1', [documentId]));
    const release = await world.holdAppends(documentId, fence);
    const first = removed.type('never stored');
    await world.appendWaits();
    // Nobody has shown it this id; another account of the same attacker knows it.
    const update = craftUpdate([
      {
        client: accomplice.doc.clientID,
        clock: 1,
        structs: [string('hanging', { origin: [removed.doc.clientID, 3] })],
      },
    ]);
    const second = accomplice.client.ask('document:update', { documentId, update });
    const repeat = accomplice.client.ask('document:update', {
      documentId,
      update: Y.encodeStateAsUpdate(accomplice.doc),
    });
    const innocent = honest.type('honest');
    await accepted(accomplice.client.ask('project:close', { projectId }));
    await release();
    await expect(first).rejects.toThrow('forbidden');
    expect(await refusedWith(second)).toMatchObject({ code: 'gap_resync' });
    expect(await repeat).toMatchObject({ ok: true, stored: false });
    expect(await innocent).toBe(3);
    const doc = replay((await world.rows(documentId)).map(({ bytes }) => bytes));
    expect(doc.getText('content').length).toBe(8);
    const cold = await PlainEditor.open(await world.connect(ada), documentId);
    expect(cold.text).toBe(doc.getText('content').toString());
  });
});
