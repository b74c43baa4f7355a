import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { pick, seeded } from '../../src/testing/yjs-edits.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  world = await SyncWorld.start({ limits: { maxUpdateBytes: 64 * 1024 } });
  [ada, bob] = await Promise.all([world.person('Ada'), world.person('Bob')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

async function pair(text?: string) {
  const { documentId } = await world.share(ada, [[bob, 'editor']], text === undefined ? {} : { text });
  const [left, right] = [await world.connect(ada), await world.connect(bob)];
  const [a, b] = [await PlainEditor.open(left, documentId), await PlainEditor.open(right, documentId)];
  return { documentId, a, b };
}

describe('acks and frames', () => {
  it('DOC-10 D1: an ack comes after the commit: the row stands under its seq when the ack arrives', async () => {
    const { documentId, a } = await pair();
    for (let i = 1; i <= 10; i++) {
      const seq = await a.type(`${i},`);
      expect(seq).toBe(i);
      const stored = await world.rows(documentId);
      expect(stored.map((row) => row.seq)).toEqual(Array.from({ length: i }, (_, at) => at + 1));
      expect(stored.at(-1)!.userId).toBe(ada.user.id);
    }
    expect(await storedFingerprint(world.sql, documentId)).toEqual(a.fingerprint);
  });

  it('DOC-10: the acks of all editors together are 1 to n, without a gap and without a double', async () => {
    const { documentId, a, b } = await pair();
    for (let i = 0; i < 150; i++) for (const editor of [a, b]) editor.doc.getText('content').insert(0, `${i} `);
    const [left, right] = [await a.saved(), await b.saved()];
    expect([...left, ...right].sort((x, y) => x - y)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(left).toEqual([...left].sort((x, y) => x - y));
    await a.shows(b.text);
    expect(a.fingerprint).toEqual(b.fingerprint);
    expect(await storedFingerprint(world.sql, documentId)).toEqual(a.fingerprint);
  });

  it('DOC-11: frames follow each other without a hole, and the only author of one does not get it back', async () => {
    const { a, b } = await pair();
    const text = a.doc.getText('content');
    for (let i = 0; i < 100; i++) text.insert(text.length, `${i} `);
    const seqs = await a.saved();
    await b.shows(a.text);
    let next = 1;
    for (const { fromSeq, seq, epoch } of b.frames) {
      expect([fromSeq, epoch]).toEqual([next, 1]);
      next = seq + 1;
    }
    expect(next).toBe(seqs.at(-1)! + 1);
    expect(a.frames).toEqual([]);
    await b.type('!');
    await a.shows(b.text);
    expect(a.frames).toHaveLength(1);
  });

  it('DOC-11: an update that is not committed is seen by nobody, not even by who opens now', async () => {
    const { documentId, a, b } = await pair('before');
    const release = await world.holdAppends(documentId);
    const typed = a.type(' after');
    await world.appendWaits();
    const joiner = await PlainEditor.open(await world.connect(bob), documentId);
    expect([b.text, joiner.text]).toEqual(['before', 'before']);
    await release();
    expect(await typed).toBe(2);
    await Promise.all([b.shows('before after'), joiner.shows('before after')]);
    expect(joiner.frames).toEqual([expect.objectContaining({ fromSeq: 2, seq: 2 })]);
  });

  it('CON-8: what is sent before a close is handled before it', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'typed and closed');
    const answers = await Promise.all([
      client.ask('document:open', { documentId }),
      client.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(doc) }),
      client.ask('document:close', { documentId }),
    ]);
    expect(answers.slice(1)).toEqual([{ ok: true, seq: 1 }, { ok: true }]);
  });

  it('CON-8: updates that are sent without waiting for the open, nor for each other, are taken in order', async () => {
    const { documentId } = await world.share(ada);
    const client = await world.connect(ada);
    const doc = new Y.Doc();
    const sent: Promise<unknown>[] = [client.ask('document:open', { documentId })];
    doc.on('update', (update: Uint8Array) => sent.push(client.ask('document:update', { documentId, update })));
    for (let i = 0; i < 50; i++) doc.getText('content').insert(0, `${i}`);
    const answers = await Promise.all(sent);
    expect(answers.slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => ({ ok: true, seq: i + 1 })));
  });

  it('DOC-38 V4: a burst far above what one commit takes is slowed down, not refused', async () => {
    const { documentId, a, b } = await pair();
    const release = await world.holdAppends(documentId);
    const text = a.doc.getText('content');
    for (let i = 0; i < 60; i++) text.insert(text.length, `${i}`.padEnd(50_000, '.'));
    await world.appendWaits();
    await release();
    expect(await a.saved()).toHaveLength(60);
    await b.shows((now) => now.length === 3_000_000);
    expect(b.fingerprint).toEqual(a.fingerprint);
  });
});

describe('repeats and disorder (D4)', () => {
  it('DOC-36 D4: a repeat is acked with a covering seq, stored: false, and is shown to nobody', async () => {
    const { documentId, a, b } = await pair();
    const update = a.prepare((text) => text.insert(0, 'once'));
    const send = () => accepted(a.client.ask('document:update', { documentId, update }));
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ seq }) => seq)).toEqual([1, 1, 1]);
    expect(answers.map(({ stored }) => stored)).toEqual([undefined, false, false]);
    expect(await send()).toEqual({ ok: true, seq: 1, stored: false });
    await b.shows('once');
    expect(b.frames).toHaveLength(1);
    expect(await world.count('document_updates', documentId)).toBe(1);
  });

  it('DOC-36 D4: a whole state that repeats the others adds only what is new', async () => {
    const { documentId, a, b } = await pair('base ');
    await a.type('one ');
    await b.shows('base one ');
    b.doc.getText('content').delete(0, 5);
    await b.saved();
    await a.shows('one ');
    a.prepare((text) => text.insert(4, 'two'));
    const whole = Y.encodeStateAsUpdate(a.doc);
    expect(await a.client.ask('document:update', { documentId, update: whole })).toEqual({ ok: true, seq: 4 });
    await b.shows('one two');
    const { structs, ds } = Y.decodeUpdate((await world.rows(documentId)).at(-1)!.bytes);
    expect([structs.length, structs[0]!.length, ds.clients.size]).toEqual([1, 3, 0]);
    expect(await b.client.ask('document:update', { documentId, update: Y.encodeStateAsUpdate(b.doc) })).toEqual({
      ok: true,
      seq: 4,
      stored: false,
    });
  });

  it('DOC-36: a repeat of an edit that is still being committed waits for it', async () => {
    const { documentId, a } = await pair();
    const update = a.prepare((text) => text.insert(0, 'once'));
    const release = await world.holdAppends(documentId);
    const first = a.client.ask('document:update', { documentId, update });
    await world.appendWaits();
    const second = a.client.ask('document:update', { documentId, update });
    const early = await Promise.race([first, second, a.client.ask('project:close', { projectId: documentId })]);
    expect(early).toEqual({ ok: true });
    await release();
    expect(await Promise.all([first, second])).toEqual([
      { ok: true, seq: 1 },
      { ok: true, seq: 1, stored: false },
    ]);
  });

  it('DOC-34 A7 V2: edits out of order are gap_resync, and a resync from its details brings all of them', async () => {
    const { documentId, a, b } = await pair('base');
    const [first, second, third] = ['1', '2', '3'].map((word) => a.prepare((text) => text.insert(text.length, word)));
    const send = (update: Uint8Array, more = {}) => a.client.ask('document:update', { documentId, update, ...more });
    const refusal = await refusedWith(send(third!));
    expect(refusal).toMatchObject({ code: 'gap_resync', retry: 'resync', details: { seq: 1 } });
    expect(await send(first!)).toEqual({ ok: true, seq: 2 });
    const stateVector = new Uint8Array(refusal.details!.stateVector as Uint8Array);
    const missing = Y.encodeStateAsUpdate(a.doc, stateVector);
    expect(await send(missing, { resync: true })).toEqual({ ok: true, seq: 3 });
    expect(await send(second!)).toEqual({ ok: true, seq: 3, stored: false });
    await b.shows('base123');
    expect(b.fingerprint).toEqual(a.fingerprint);
    expect(await storedFingerprint(world.sql, documentId)).toEqual(a.fingerprint);
  });

  it.each([1, 2, 3])('DOC-34 D4: any order with any repeats ends in the same document (seed %i)', async (seed) => {
    const random = seeded(seed);
    const { documentId, a, b } = await pair();
    const updates = Array.from({ length: 15 }, (_, i) =>
      a.prepare((text) => (i % 4 === 3 ? text.delete(0, 1) : text.insert(0, `${i} `))),
    );
    const resync = async (details: Record<string, unknown>) => {
      const update = Y.encodeStateAsUpdate(a.doc, new Uint8Array(details.stateVector as Uint8Array));
      await accepted(a.client.ask('document:update', { documentId, update, resync: true }));
    };
    for (let i = 0; i < 30; i++) {
      const answer = await a.client.ask('document:update', { documentId, update: pick(random, updates) });
      if (!answer.ok && random() < 0.2) await resync(answer.error.details!);
    }
    await resync({ stateVector: new Uint8Array([0]) });
    await b.shows(a.text);
    expect(b.fingerprint).toEqual(a.fingerprint);
    expect(await storedFingerprint(world.sql, documentId)).toEqual(a.fingerprint);
  });
});

describe('large updates', () => {
  const inParts = (update: Uint8Array, size: number) =>
    Array.from({ length: Math.ceil(update.length / size) }, (_, part) =>
      update.subarray(part * size, (part + 1) * size),
    );

  it('DOC-16: an update in parts is one update: each part is answered, the last with the seq', async () => {
    const { documentId, a, b } = await pair();
    const chunks = inParts(
      a.prepare((text) => text.insert(0, 'long '.repeat(40_000))),
      60_000,
    );
    const answers = await Promise.all(
      chunks.map((update, part) =>
        a.client.ask('document:update', { documentId, update, uploadId: 'u', part, parts: chunks.length }),
      ),
    );
    expect(answers).toEqual([...chunks.slice(1).map(() => ({ ok: true })), { ok: true, seq: 1 }]);
    await b.shows(a.text);
    expect(await world.count('document_updates', documentId)).toBe(1);
  });

  it('DOC-16: parts that do not fit together are refused, and the next upload starts afresh', async () => {
    const { documentId, a } = await pair();
    const chunks = inParts(
      a.prepare((text) => text.insert(0, 'long '.repeat(20_000))),
      60_000,
    );
    const parts = chunks.length;
    const send = (part: number, more = {}) =>
      a.client.ask('document:update', { documentId, update: chunks[part]!, uploadId: 'u', part, parts, ...more });
    await accepted(send(0));
    expect(await refusedWith(send(0, { part: parts }))).toMatchObject({ code: 'bad_request' });
    expect(await refusedWith(send(1, { uploadId: 'another' }))).toMatchObject({ code: 'bad_request', retry: 'resync' });
    expect(await refusedWith(send(1))).toMatchObject({ code: 'bad_request' });
    const noId = a.client.ask('document:update', { documentId, update: chunks[0]!, part: 0, parts });
    expect(await refusedWith(noId)).toMatchObject({ code: 'bad_request' });
    expect(await world.count('document_updates', documentId)).toBe(0);
    for (let part = 0; part < parts - 1; part++) await accepted(send(part));
    expect(await send(parts - 1)).toEqual({ ok: true, seq: 1 });
  });

  it('LIM-3: a resync may hold more structs than an edit, an edit may not', async () => {
    const { documentId, a } = await pair('x');
    const { limits } = a.client.told('server:hello')[0]!;
    const update = a.prepare((text) => {
      // Each in front of the last: none of them can be merged into one struct.
      for (let i = 0; i <= limits.maxUpdateStructs; i++) text.insert(0, 'y');
    });
    const chunks = inParts(update, 60_000);
    const send = async (more: object) => {
      const parts = chunks.length;
      const asked = chunks.map((chunk, part) =>
        a.client.ask('document:update', { documentId, update: chunk, uploadId: 'u', part, parts, ...more }),
      );
      return (await Promise.all(asked)).at(-1)!;
    };
    const refusal = await refusedWith(send({}));
    expect(refusal).toMatchObject({ code: 'too_large', details: { limit: limits.maxUpdateStructs } });
    expect(await send({ resync: true })).toEqual({ ok: true, seq: 2 });
  });
});
