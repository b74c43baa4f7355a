import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor, wholeAnswer } from '../support/plain-editor.js';
import { replay } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  world = await SyncWorld.start({ compactBytes: 64 * 1024 * 1024 });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** A document with three words of Ada's, the middle one deleted again: four rows. */
async function threeWords() {
  const shared = await world.share(ada, [[bob, 'editor']]);
  const editor = await PlainEditor.open(await world.connect(ada), shared.documentId);
  await editor.type('one ');
  await editor.type('two ');
  await editor.type('three');
  editor.doc.getText('content').delete(4, 4);
  await editor.saved();
  return { ...shared, editor };
}

const structsOf = (update: Uint8Array) => Y.decodeUpdate(update).structs.reduce((sum, { length }) => sum + length, 0);

describe('what an open is answered with', () => {
  it('DOC-1: everything up to seq, the state vector at seq, epoch, role and kind', async () => {
    const { documentId, editor } = await threeWords();
    const reader = await PlainEditor.open(await world.connect(bob), documentId);
    expect(reader.opened).toMatchObject({ seq: 4, epoch: 1, role: 'editor', kind: 'text' });
    expect(reader.text).toBe('one three');
    expect(reader.fingerprint).toEqual(editor.fingerprint);
    expect(Y.decodeStateVector(reader.opened.stateVector)).toEqual(
      Y.decodeStateVector(Y.encodeStateVector(editor.doc)),
    );
  });

  it('DOC-2: by seq under the current epoch, the updates after it and no others', async () => {
    const { documentId, editor } = await threeWords();
    const client = await world.connect(bob);
    for (const [seq, structs] of [
      [2, 5],
      [3, 0],
      [4, 0],
    ] as const) {
      const { update } = await accepted(client.ask('document:open', { documentId, seq, epoch: 1 }));
      expect(structsOf(update!)).toBe(structs);
      const rows = await world.rows(documentId);
      const behind = rows.slice(0, seq).map(({ bytes }) => bytes);
      expect(fingerprint(replay([...behind, update!]))).toEqual(editor.fingerprint);
    }
  });

  it('DOC-2: by state vector, what it lacks with the whole delete set', async () => {
    const { documentId, editor } = await threeWords();
    const reader = new Y.Doc();
    const rows = await world.rows(documentId);
    for (const { bytes } of rows.slice(0, 2)) Y.applyUpdate(reader, bytes);
    const { update } = await accepted(
      (await world.connect(bob)).ask('document:open', { documentId, stateVector: Y.encodeStateVector(reader) }),
    );
    expect(structsOf(update!)).toBe(5);
    Y.applyUpdate(reader, update!);
    expect(fingerprint(reader)).toEqual(editor.fingerprint);
  });

  it('DOC-2: a seq without an epoch says nothing, and everything comes', async () => {
    const { documentId, editor } = await threeWords();
    const { update } = await accepted((await world.connect(bob)).ask('document:open', { documentId, seq: 4 }));
    expect(fingerprint(replay([update!]))).toEqual(editor.fingerprint);
  });

  it('DOC-2 A3: a state vector that lies or is no state vector hurts only its sender', async () => {
    const { documentId, editor } = await threeWords();
    const client = await world.connect(bob);
    const open = (stateVector: Uint8Array) => client.ask('document:open', { documentId, stateVector });
    const bomb = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]);
    expect(await refusedWith(open(bomb))).toMatchObject({ code: 'malformed_update', retry: 'never' });
    expect(await refusedWith(open(new Uint8Array([1, 5])))).toMatchObject({ code: 'malformed_update' });
    const tooHigh = Y.encodeStateVector(new Map([[editor.doc.clientID, Number.MAX_SAFE_INTEGER]]));
    expect(structsOf((await accepted(open(tooHigh))).update!)).toBe(0);
    await editor.type('!');
    expect(editor.text).toBe('one three!');
  });

  it('DOC-39 V5: another epoch, or a seq that was never reached, is epoch_mismatch', async () => {
    const { documentId } = await threeWords();
    const client = await world.connect(bob);
    const stale = await refusedWith(client.ask('document:open', { documentId, seq: 1, epoch: 7 }));
    expect(stale).toMatchObject({ code: 'epoch_mismatch', retry: 'never', details: { epoch: 1 } });
    const beyond = await refusedWith(client.ask('document:open', { documentId, seq: 5, epoch: 1 }));
    expect(beyond).toMatchObject({ code: 'epoch_mismatch', details: { epoch: 1 } });
    await accepted(client.ask('document:open', { documentId }));
  });

  it('DOC-5: a later open on the same connection replaces the earlier one', async () => {
    const { documentId, editor } = await threeWords();
    const client = await world.connect(bob);
    await PlainEditor.open(client, documentId);
    const again = await PlainEditor.open(client, documentId);
    await editor.type('!');
    await again.shows('one three!');
    expect(client.told('document:update')).toHaveLength(1);
  });

  it('DOC-7: after a close nothing more of the document comes', async () => {
    const { documentId, projectId, editor } = await threeWords();
    const client = await world.connect(bob);
    const reader = await PlainEditor.open(client, documentId);
    expect(await client.ask('document:close', { documentId })).toEqual({ ok: true });
    const other = await world.addDocument(ada, projectId, { text: 'other' });
    await editor.type('!');
    // What comes after shows that what came before was left out.
    const late = await PlainEditor.open(client, other);
    const elsewhere = await PlainEditor.open(await world.connect(ada), other);
    await elsewhere.type('!');
    await late.shows('other!');
    expect(reader.frames).toEqual([]);
    expect((await refusedWith(client.ask('document:update', { documentId, update: new Uint8Array(2) }))).code).toBe(
      'not_open',
    );
  });

  it('LIM-2: one connection holds a limited number of documents open', async () => {
    const { projectId } = await threeWords();
    const client = await world.connect(ada);
    const { limits } = client.told('server:hello')[0]!;
    const path = (n: number) => `many/${n}`;
    await world.sql.query(
      `INSERT INTO documents (project_id, path, path_key, kind)
       SELECT $1, 'many/' || n, 'many/' || n, 'text' FROM generate_series(1, $2::int) n`,
      [projectId, limits.maxOpenDocuments + 1],
    );
    const { documents } = await accepted(client.ask('project:open', { projectId }));
    const many = documents.filter(({ path: at }) => at.startsWith(path(0).slice(0, 5)));
    const answers = await Promise.all(many.map(({ id }) => client.ask('document:open', { documentId: id })));
    const refused = answers.flatMap((answer) => (answer.ok ? [] : [answer.error]));
    expect(refused).toEqual([
      expect.objectContaining({ code: 'too_large', details: { limit: limits.maxOpenDocuments } }),
    ]);
  });
});

/** More than the kernel takes for a reader that does not read. */
const LARGE = 16_000_000;
const largeText = (() => {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'x'.repeat(LARGE));
  return Y.encodeStateAsUpdate(doc);
})();

describe('what happens while somebody opens', () => {
  it('DOC-4 D3: the first frame after an open starts at the answered seq + 1, and no seq is left out', async () => {
    const { documentId, editor } = await threeWords();
    const client = await world.connect(bob);
    const readers: PlainEditor[] = [];
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < 10; j++) editor.doc.getText('content').insert(0, `${i}`);
      readers.push(await PlainEditor.open(i % 2 ? client : await world.connect(bob), documentId));
    }
    await editor.type('.');
    const last = (await editor.saved()).at(-1)!;
    // Six of them were replaced on the shared connection by its last open.
    for (const reader of readers.filter((_, i) => i % 2 === 0 || i === 11)) {
      await reader.shows(editor.text);
      const frames = reader.frames.filter(({ fromSeq }) => fromSeq > reader.opened.seq);
      let next = reader.opened.seq + 1;
      for (const frame of frames) {
        expect(frame.fromSeq).toBe(next);
        next = frame.seq + 1;
      }
      expect(next).toBe(last + 1);
      expect(reader.fingerprint).toEqual(editor.fingerprint);
    }
  });

  it('DOC-3 DOC-21: a large document comes in pieces, and what is edited meanwhile after them', async () => {
    const { documentId } = await world.share(ada, [[bob, 'editor']]);
    await world.store(documentId, ada, [largeText]);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const client = await world.connect(bob);
    client.websocket.pause();
    const answered = client.ask('document:open', { documentId });
    await world.roomHas(documentId, 2);
    await editor.type(' and what came meanwhile');
    client.websocket.resume();
    const answer = await accepted(answered);
    expect(answer.update).toBeUndefined();
    expect(answer.pieces).toBeGreaterThan(10);
    const doc = new Y.Doc();
    Y.applyUpdate(doc, await wholeAnswer(client, documentId, answer));
    expect(doc.getText('content').length).toBe(LARGE);
    const { update, seq, stateVector } = await client.hears('document:resync');
    Y.applyUpdate(doc, update);
    expect([answer.seq, seq]).toEqual([1, 2]);
    expect(fingerprint(doc)).toEqual(editor.fingerprint);
    expect(Y.decodeStateVector(stateVector)).toEqual(Y.decodeStateVector(Y.encodeStateVector(doc)));
    await editor.type('!');
    expect(await client.hears('document:update')).toMatchObject({ fromSeq: seq + 1, seq: seq + 1 });
    const order = client.events.map(({ name }) => name).filter((name) => name.startsWith('document:'));
    const pieces = Array.from({ length: answer.pieces! }, () => 'document:piece');
    expect(order).toEqual([...pieces, 'document:resync', 'document:update']);
    expect(client.told('document:piece').map(({ piece }) => piece)).toEqual(pieces.map((_, i) => i));
  });
});

it('one connection carries many documents, each with its own edits', async () => {
  const { projectId, documentId } = await world.share(ada, [[bob, 'editor']]);
  const documentIds = [documentId, ...(await Promise.all([1, 2, 3].map(() => world.addDocument(ada, projectId))))];
  const [left, right] = [await world.connect(ada), await world.connect(bob)];
  const openAll = (client: typeof left) => Promise.all(documentIds.map((id) => PlainEditor.open(client, id)));
  const [writers, readers] = [await openAll(left), await openAll(right)];
  for (const word of ['a', 'b', 'c']) for (const [i, writer] of writers.entries()) void writer.type(`${word}${i}`);
  expect(await Promise.all(writers.map((writer) => writer.saved()))).toEqual(writers.map(() => [1, 2, 3]));
  for (const [i, reader] of readers.entries()) {
    await reader.shows(`a${i}b${i}c${i}`);
    expect(reader.frames.every((frame) => frame.documentId === documentIds[i])).toBe(true);
  }
});

it('A43: an id in another case is the same document', async () => {
  const { documentId, editor } = await threeWords();
  const client = await world.connect(bob);
  const doc = new Y.Doc();
  const upper = documentId.toUpperCase();
  const answer = await accepted(client.ask('document:open', { documentId: upper, clientId: doc.clientID }));
  Y.applyUpdate(doc, answer.update!);
  doc.getText('content').insert(0, '> ');
  const update = Y.encodeStateAsUpdate(doc);
  expect(await client.ask('document:update', { documentId: upper, update })).toEqual({ ok: true, seq: 5 });
  await editor.shows('> one three');
});
