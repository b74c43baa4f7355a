import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DocumentKind } from '@tandem/protocol';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { craftUpdate, string } from '../support/craft-update.js';
import { ATTACKS, type Attack, NOT_EVEN_FREE, NOT_TEXT, withHuge } from '../support/hostile-updates.js';
import { type PlainClient, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { replay, storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const MAX_DOCUMENT_BYTES = 2_000_000;

let world: SyncWorld;
let ada: Person;
let mallory: Person;

beforeAll(async () => {
  world = await SyncWorld.start({ limits: { maxDocumentBytes: MAX_DOCUMENT_BYTES, maxUpdateBytes: 600_000 } });
  [ada, mallory] = await Promise.all([world.person('Ada'), world.person('Mallory')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

describe.each<[DocumentKind, Attack[]]>([
  ['text', [...ATTACKS, ...NOT_TEXT]],
  ['free', [...ATTACKS, ...NOT_EVEN_FREE]],
])('in a document of kind %s', (kind, attacks) => {
  let documentId: string;
  let honest: PlainEditor;
  let hostile: PlainEditor;

  beforeAll(async () => {
    ({ documentId } = await world.share(ada, [[mallory, 'editor']], { kind }));
  });
  beforeEach(async () => {
    honest = await PlainEditor.open(await world.connect(ada), documentId);
    hostile = await PlainEditor.open(await world.connect(mallory), documentId);
    await honest.type('honest ');
    await hostile.type('hostile ');
    await honest.shows((text) => text.endsWith('hostile '));
  });

  it.each(attacks)('%s: %s is %s, and nothing else changes', async (_rule, _what, code, build) => {
    const before = await world.rows(documentId);
    const bound = await world.count('document_clients', documentId);
    const { doc } = honest;
    const update = build({
      doc,
      me: hostile.doc.clientID,
      myNext: Y.getState(doc.store, hostile.doc.clientID),
      victim: doc.clientID,
      victimNext: Y.getState(doc.store, doc.clientID),
    });
    const refusal = await refusedWith(hostile.client.ask('document:update', { documentId, update }));
    expect(refusal.code).toBe(code);
    if (code === 'gap_resync') expect(refusal.details).toMatchObject({ seq: before.length });
    if (code === 'too_large') expect(refusal.details).toEqual({ limit: expect.any(Number) });
    expect(await world.rows(documentId)).toEqual(before);
    expect(await world.count('document_clients', documentId)).toBe(bound);
    // The others notice nothing, and the sender may go on.
    expect(await honest.type('+')).toBe(before.length + 1);
    expect(await hostile.type('-')).toBe(before.length + 2);
    await honest.shows((text) => text.endsWith('+-'));
    const cold = await PlainEditor.open(await world.connect(ada), documentId);
    expect(cold.fingerprint).toEqual(honest.fingerprint);
    expect(await storedFingerprint(world.sql, documentId)).toEqual(honest.fingerprint);
  });
});

describe('limits of a document', () => {
  const parts = async (client: PlainClient, documentId: string, chunks: Uint8Array[]) => {
    const asked = chunks.map((update, part) =>
      client.ask('document:update', { documentId, update, uploadId: 'u', part, parts: chunks.length }),
    );
    return Promise.all(asked);
  };

  it('LIM-2 A11: a document that is full says so with its limit, and what is in it stays editable', async () => {
    const { documentId } = await world.share(ada, [], { text: 'x'.repeat(MAX_DOCUMENT_BYTES - 10_000) });
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const update = editor.prepare((text) => text.insert(0, 'y'.repeat(20_000)));
    const refusal = await refusedWith(editor.client.ask('document:update', { documentId, update }));
    expect(refusal).toMatchObject({ code: 'doc_full', retry: 'never', details: { limit: MAX_DOCUMENT_BYTES } });
    const fresh = await PlainEditor.open(await world.connect(ada), documentId);
    expect(fresh.text.length).toBe(MAX_DOCUMENT_BYTES - 10_000);
    fresh.doc.getText('content').delete(0, 5);
    expect(await fresh.type('small')).toBe(3);
  });

  it('LIM-2 A11: who deletes in a full document makes room in it', async () => {
    // To the last byte but a few.
    const { documentId } = await world.share(ada, [], { text: 'x'.repeat(MAX_DOCUMENT_BYTES - 18) });
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const update = editor.prepare((text) => text.insert(0, 'y'));
    await refusedWith(editor.client.ask('document:update', { documentId, update }));
    const fresh = await PlainEditor.open(await world.connect(ada), documentId);
    fresh.doc.getText('content').delete(0, 1_500_000);
    expect(await fresh.saved()).toEqual([2]);
    const { state } = world.engine.rooms.get(documentId)!;
    await eventually('what was deleted is gone', () => state.byteLength < MAX_DOCUMENT_BYTES / 2);
    expect(await fresh.type('y'.repeat(100_000))).toBe(3);
  });

  it('LIM-2 A11: a paste of 50 MB is refused on the way, and the connection stays', async () => {
    const { documentId } = await world.share(ada);
    const editor = await PlainEditor.open(await world.connect(ada), documentId);
    const { limits } = editor.client.told('server:hello')[0]!;
    const chunks = Array.from({ length: 50 }, () => new Uint8Array(1_000_000));
    const answers = await parts(editor.client, documentId, chunks);
    const first = answers.findIndex((answer) => !answer.ok);
    expect(first).toBe(Math.floor(limits.maxUploadBytes / 1_000_000));
    expect(answers[first]).toMatchObject({ error: { code: 'too_large', details: { limit: limits.maxUploadBytes } } });
    expect(await editor.type('still here')).toBe(1);
  });

  it('LIM-2 DOC-30: one session binds a limited number of client ids', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    await PlainEditor.open(client, documentId);
    const { limits } = client.told('server:hello')[0]!;
    const blocks = Array.from({ length: limits.maxClientIds + 1 }, (_, i) => ({
      client: i + 1,
      structs: [string('x')],
    }));
    const update = craftUpdate(blocks);
    expect(await refusedWith(client.ask('document:update', { documentId, update }))).toMatchObject({
      code: 'too_large',
      details: { limit: limits.maxClientIds },
    });
    expect(await world.count('document_updates', documentId)).toBe(0);
  });
});

it('A3 M7 M8 M9: bombs cost no memory, and an honest editor in the room hardly notices', async () => {
  const { documentId } = await world.share(ada, [[mallory, 'editor']]);
  const honest = await PlainEditor.open(await world.connect(ada), documentId);
  const hostile = await PlainEditor.open(await world.connect(mallory), documentId);
  const gap = craftUpdate([{ client: hostile.doc.clientID, clock: 1, structs: [string('x')] }]);
  const bombs = [withHuge(), withHuge(0), withHuge(1, 1), withHuge(0, 1, 5), gap];
  const before = process.memoryUsage();
  const answers: Promise<unknown>[] = [];
  let slowest = 0;
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 25; i++) {
      const update = bombs[i % bombs.length]!;
      answers.push(refusedWith(hostile.client.ask('document:update', { documentId, update })));
    }
    const typedAt = performance.now();
    await honest.type('.');
    slowest = Math.max(slowest, performance.now() - typedAt);
  }
  await Promise.all(answers);
  const after = process.memoryUsage();
  expect(slowest).toBeLessThan(1000 * patience());
  expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(100_000_000);
  expect(replay((await world.rows(documentId)).map((row) => row.bytes)).getText('content').length).toBe(40);
});
