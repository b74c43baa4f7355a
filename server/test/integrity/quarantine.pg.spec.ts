import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { Compactor } from '../../src/core/document/compactor.js';
import { UpdateLog } from '../../src/core/document/update-log.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { replay } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { Damage } from './support/damage.js';

let world: SyncWorld;
let damage: Damage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  world = await SyncWorld.start({ compactRows: 20 });
  damage = new Damage(world);
  [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** Ada writes a word a row, everybody leaves, and the server forgets the document. */
async function written(words: readonly string[], text?: string) {
  const shared = await world.share(ada, [[bob, 'editor']], text === undefined ? {} : { text });
  const editor = await PlainEditor.open(await world.connect(ada), shared.documentId);
  for (const word of words) await editor.type(word);
  await left(shared.documentId);
  return { ...shared, fingerprint: editor.fingerprint, text: editor.text };
}

async function left(documentId: string): Promise<void> {
  await world.hangUp();
  await world.roomHas(documentId, 0);
  await world.engine.compaction.whenIdle();
  damage.forget(documentId);
}

/** As `written`, with two snapshots. */
async function writtenTwice() {
  const first = await written(Array.from({ length: 25 }, (_, i) => `${i} `));
  const editor = await open(first.documentId);
  for (let i = 0; i < 25; i++) await editor.type(`${i}.`);
  await left(first.documentId);
  expect(await world.count('document_snapshots', first.documentId)).toBe(2);
  return { ...first, fingerprint: editor.fingerprint };
}

const open = async (documentId: string, person = ada) => PlainEditor.open(await world.connect(person), documentId);
const app = <T>(port: abstract new (...all: never[]) => T): T => world.server.app.get(port as never, { strict: false });
const snapshotSeq = async (documentId: string) => {
  const { rows } = await world.sql.query('SELECT snapshot_seq::int AS seq FROM documents WHERE id = $1', [documentId]);
  return (rows[0] as { seq: number }).seq;
};

describe('a stored update that cannot be used', () => {
  const BROKEN: [what: string, reason: string, destroy: (documentId: string, seq: number) => Promise<unknown>][] = [
    ['whose bytes changed', 'checksum', (documentId, seq) => damage.flipRow(documentId, seq)],
    ['that is missing', 'missing', (documentId, seq) => damage.dropRow(documentId, seq)],
    [
      'that is no update, though its checksum fits',
      'malformed',
      (documentId, seq) =>
        world.sql.query(
          `UPDATE document_updates SET bytes = '\\x07', checksum = 1281784366 WHERE document_id = $1 AND seq = $2`,
          [documentId, seq],
        ),
    ],
  ];
  it.each(BROKEN)(
    'DOC-43: one %s is set aside with what builds on it, and the document opens from the rest',
    async (_, reason, destroy) => {
      const { documentId, projectId } = await written(['two ', 'three ', 'four'], 'one ');
      // Bob's builds on nothing of what is about to go.
      const bobs = await open(documentId, bob);
      await bobs.type('zero ', 0);
      await left(documentId);
      const before = await damage.metric('tandem_document_quarantined_total');
      await destroy(documentId, 3);

      const editor = await open(documentId);
      expect(editor.text).toBe('zero one two ');
      expect(editor.opened).toMatchObject({ seq: 5, damaged: { clientIds: [] } });
      expect(await damage.quarantined(documentId)).toMatchObject([
        { part: 'row', seq: 3, reason, healed: false },
        { part: 'row', seq: 4, reason: 'orphaned', healed: false },
      ]);
      expect(await damage.damagedSince(ada, documentId)).toBeGreaterThan(Date.now() - 60_000);
      expect(await damage.metric('tandem_document_quarantined_total')).toBe(before + 2);
      expect(world.server.log).toContain('parts of a stored document are set aside');
      expect(world.server.log).not.toContain('three');

      // It goes on, counts on, and others do not notice (D7).
      expect(await editor.type('!')).toBe(6);
      const other = await open(await world.addDocument(ada, projectId));
      expect(await other.type('fine')).toBe(1);
      expect(await damage.damagedSince(ada, other.documentId)).toBeUndefined();
      await left(documentId);
      const again = await open(documentId);
      expect(again.text).toBe('zero one two !');
      expect(await damage.quarantined(documentId)).toHaveLength(2);
    },
  );

  it('DOC-43: who comes with a seq gets by his state vector what he lacks', async () => {
    const { documentId } = await written(['one ', 'two ', 'three']);
    await damage.flipRow(documentId, 2);
    const doc = new Y.Doc();
    const answer = await accepted(
      (await world.connect(ada)).ask('document:open', {
        documentId,
        seq: 3,
        epoch: 1,
        stateVector: Y.encodeStateVector(doc),
      }),
    );
    Y.applyUpdate(doc, answer.update!);
    expect(doc.getText('content').toString()).toBe('one ');
  });

  it('keeps its bytes as they are', async () => {
    const { documentId } = await written(['one ', 'two']);
    const [, second] = await world.rows(documentId);
    await damage.flipRow(documentId, 2, 9);
    await open(documentId);
    const [part] = await damage.quarantined(documentId);
    const flipped = Buffer.from(second!.bytes);
    flipped[1]! ^= 0b10;
    expect(part!.bytes).toEqual(flipped);
  });

  it('behind a good snapshot does no harm', async () => {
    const words = Array.from({ length: 25 }, (_, i) => `${i} `);
    const { documentId, fingerprint } = await written(words);
    expect(await snapshotSeq(documentId)).toBeGreaterThanOrEqual(20);
    await damage.flipRow(documentId, 3);
    const editor = await open(documentId);
    expect(editor.fingerprint).toEqual(fingerprint);
    expect(editor.opened).not.toHaveProperty('damaged');
    expect(await damage.quarantined(documentId)).toEqual([]);
  });

  it('that was repaired in its place is stored again, with what built on it, and the flag goes', async () => {
    const { documentId } = await written(['one ', 'two ', 'three']);
    await damage.flipRow(documentId, 2);
    const editor = await open(documentId);
    await editor.type('new ', 0);
    await left(documentId);
    const bulk = await open(documentId);
    for (let i = 0; i < 22; i++) await bulk.type('.', bulk.text.indexOf('one'));
    // A server of an earlier version has made a snapshot without it meanwhile.
    const { state, kind, epoch } = world.engine.rooms.get(documentId)!;
    const { snapshot } = await app(Compactor).compact(state.encode(), kind, state.seq);
    expect(await app(UpdateLog).saveSnapshot(documentId, snapshot, 0, epoch)).toBe(true);
    await left(documentId);
    await damage.flipRow(documentId, 2);
    const back = await open(documentId);
    await back.shows((text) => text.endsWith('one two three'));
    await damage.isHealed(ada, documentId);
    expect(await damage.quarantined(documentId)).toMatchObject([
      { seq: 2, healed: true },
      { seq: 3, healed: true },
    ]);
    await left(documentId);
    const cold = await open(documentId);
    expect(cold.text).toBe(back.text);
    expect(cold.opened).not.toHaveProperty('damaged');
    // What came back counts as written by those who had written it.
    const authors = new Set((await world.rows(documentId)).map(({ userId }) => userId));
    expect(authors).toEqual(new Set([ada.user.id]));
  });

  it('that nobody has any more can be given up: the statement of the operators’ page', async () => {
    const { documentId } = await written(['one ', 'two ', 'three']);
    await damage.dropRow(documentId, 2);
    expect((await open(documentId)).text).toBe('one ');
    await left(documentId);
    const page = readFileSync(new URL('../../docs/damaged-documents.md', import.meta.url), 'utf8');
    const [statement] = /INSERT INTO document_updates[^;]+/.exec(page)!;
    await world.sql.query(statement.replace('$id', '$1'), [documentId]);
    const editor = await open(documentId);
    expect(editor.text).toBe('one ');
    await damage.isHealed(ada, documentId);
    expect((await damage.quarantined(documentId)).map(({ healed }) => healed)).toEqual([true, true]);
    await left(documentId);
    expect((await open(documentId)).opened).not.toHaveProperty('damaged');
  });

  it('that PostgreSQL itself cannot read is set aside like another', async () => {
    const { documentId } = await written(['short ', 'bad ', 'tail']);
    const readable = await damage.makeUnreadable(documentId, 2);
    await expect(world.rows(documentId)).rejects.toThrow('invalid page');
    const editor = await open(documentId);
    expect(editor.text).toBe('short ');
    expect(await damage.quarantined(documentId)).toMatchObject([
      { seq: 2, reason: 'unreadable', bytes: null },
      { seq: 3, reason: 'orphaned' },
    ]);
    expect(await editor.type('goes on')).toBe(4);
    await readable();
  });
});

describe('a snapshot that cannot be used', () => {
  it.each(['structs', 'struct_index', 'delete_set'])(
    'D2: with a wrong bit in %s: an older one and the rows after it stand in, nothing is lost, and a new one is made',
    async (column) => {
      const { documentId, fingerprint } = await writtenTwice();
      const pointer = await snapshotSeq(documentId);
      await damage.flipSnapshot(documentId, column, 5);
      const editor = await open(documentId);
      expect(editor.fingerprint).toEqual(fingerprint);
      expect(editor.opened).not.toHaveProperty('damaged');
      await damage.isHealed(ada, documentId);
      expect(await damage.quarantined(documentId)).toMatchObject([{ part: 'snapshot', seq: pointer, healed: true }]);
      await left(documentId);
      const healed = await world.engine.rooms.open(documentId);
      expect(healed.state.compactedSeq).toBeGreaterThanOrEqual(pointer);
      damage.forget(documentId);
    },
  );

  it('D2: without an older one, all rows stand in', async () => {
    const { documentId, fingerprint } = await writtenTwice();
    await world.sql.query(
      'DELETE FROM document_snapshots WHERE document_id = $1 AND id <> (SELECT snapshot_id FROM documents WHERE id = $1)',
      [documentId],
    );
    await damage.flipSnapshot(documentId);
    expect((await open(documentId)).fingerprint).toEqual(fingerprint);
    await damage.isHealed(ada, documentId);
  });

  it('D2: that is gone altogether', async () => {
    const { documentId, fingerprint } = await writtenTwice();
    await world.sql.query('DELETE FROM document_snapshots WHERE document_id = $1', [documentId]);
    expect((await open(documentId)).fingerprint).toEqual(fingerprint);
    await damage.isHealed(ada, documentId);
    expect(await damage.quarantined(documentId)).toMatchObject([{ part: 'snapshot', reason: 'missing', healed: true }]);
  });
});

describe('DOC-45 D2: a document of which nothing can be read is never an empty one', () => {
  const LOSSES: [what: string, lose: (documentId: string) => Promise<unknown>][] = [
    ['the row that all builds on has a wrong bit', (documentId) => damage.flipRow(documentId, 1)],
    [
      'all rows are missing',
      (documentId) => world.sql.query('DELETE FROM document_updates WHERE document_id = $1', [documentId]),
    ],
    [
      'the only snapshot is bad, and what it stands for is gone with history',
      async (documentId) => {
        await world.sql.query(
          'UPDATE documents SET history_seq = head, snapshot_seq = head, snapshot_id = gen_random_uuid() WHERE id = $1',
          [documentId],
        );
        await world.sql.query('DELETE FROM document_updates WHERE document_id = $1', [documentId]);
      },
    ],
  ];
  it.each(LOSSES)('%s', async (_, lose) => {
    const { documentId, projectId } = await written(['words ', 'of ', 'mine'], 'precious ');
    const stored = await world.rows(documentId);
    await lose(documentId);
    const client = await world.connect(ada);
    for (let i = 0; i < 2; i++) {
      expect(await refusedWith(client.ask('document:open', { documentId }))).toMatchObject({
        code: 'store_unavailable',
      });
    }
    await expect(world.rest(ada, 'GET', `/documents/${documentId}/text`)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(await damage.damagedSince(ada, documentId)).toBeGreaterThan(0);
    const other = await PlainEditor.open(client, await world.addDocument(ada, projectId));
    expect(await other.type('fine')).toBe(1);
    const { rows } = await world.sql.query('SELECT head::int FROM documents WHERE id = $1', [documentId]);
    expect(rows).toEqual([{ head: 4 }]);

    // Who has it may bring it back: Ada wrote all of it, under two client ids.
    const doc = replay(stored.map(({ bytes }) => bytes));
    const answer = await accepted(
      client.ask('document:open', { documentId, stateVector: Y.encodeStateVector(doc), seq: 4, epoch: 1 }),
    );
    const clientIds = [...Y.decodeStateVector(Y.encodeStateVector(doc)).keys()];
    expect([...answer.damaged!.clientIds].sort()).toEqual(clientIds.sort());
    const update = Y.encodeStateAsUpdate(doc, answer.stateVector);
    await accepted(client.ask('document:update', { documentId, update, resync: true }));
    await damage.isHealed(ada, documentId);
    await left(documentId);
    const cold = await open(documentId, bob);
    expect(cold.text).toBe('precious words of mine');
  });

  it('also when somebody who does not have it has typed so much that a snapshot would be due', async () => {
    const { documentId } = await written(['words'], 'precious ');
    await LOSSES[2]![1](documentId);
    // He says that he has something, of which nobody knows.
    const own = new Y.Doc();
    own.getText('content').insert(0, 'x');
    const stateVector = Y.encodeStateVector(own);
    const editor = await PlainEditor.open(await world.connect(bob), documentId, { stateVector });
    for (let i = 0; i < 45; i++) await editor.type(`${i} `);
    await left(documentId);
    const newcomer = await world.connect(ada);
    expect(await refusedWith(newcomer.ask('document:open', { documentId }))).toMatchObject({
      code: 'store_unavailable',
    });
    expect(await damage.damagedSince(ada, documentId)).toBeGreaterThan(0);
  });
});

it('F24 D7: a document that cannot be judged at all is refused, and the others are served', async () => {
  const { documentId, projectId } = await written(['one']);
  await world.sql.query('UPDATE documents SET head = 9000000000 WHERE id = $1', [documentId]);
  const client = await world.connect(ada);
  expect(await refusedWith(client.ask('document:open', { documentId }))).toMatchObject({
    code: 'store_unavailable',
    retry: 'later',
  });
  expect(await (await PlainEditor.open(client, await world.addDocument(ada, projectId))).type('fine')).toBe(1);
});
