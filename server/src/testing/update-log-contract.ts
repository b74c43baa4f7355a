import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { decodeSnapshot, encodeSnapshot } from '../core/document/snapshot-codec.js';
import { decodeUpdate } from '../core/document/update/decode-update.js';
import { IdRanges } from '../core/document/update/id-ranges.js';
import {
  type AppendBatch,
  type ClientOwner,
  EMPTY_UPDATE,
  OutdatedState,
  type StoredSnapshot,
  type UpdateLog,
} from '../core/document/update-log.js';

export interface LogUnderTest {
  readonly log: UpdateLog;
  readonly userId: string;
  readonly otherUserId: string;
  /** A new empty document of kind `text`. */
  createDocument(): Promise<string>;
  /** Moves the fence, as a change of rights does. */
  fence(documentId: string): Promise<void>;
  deleteDocument(documentId: string): Promise<void>;
  /** The document begins anew, as `EMPTY_CONTENT`. */
  reset(documentId: string): Promise<void>;
}

export const EMPTY_CONTENT = {
  update: EMPTY_UPDATE,
  snapshot: encodeSnapshot({ seq: 0, runs: [], deletes: new IdRanges() }),
  clientId: undefined,
};

/** What every log promises; each adapter's spec runs it. */
export function updateLogContract(open: () => LogUnderTest): void {
  const batch = (documentId: string, texts: string[], more: Partial<AppendBatch> = {}): AppendBatch => ({
    documentId,
    epoch: 1,
    accessVersion: 1,
    rows: texts.map((text) => ({ userId: open().userId, bytes: Buffer.from(text), provenance: undefined })),
    ...more,
  });
  const stored = async (documentId: string, after = 0) =>
    (await open().log.rowsAfter(documentId, after)).map(({ seq, bytes }) => [seq, Buffer.from(bytes).toString()]);

  it('answers undefined for a document that is not there, never an empty one', async () => {
    expect(await open().log.load('00000000-0000-4000-8000-000000000000')).toBeUndefined();
  });

  it('tells where documents stand, of those that are there', async () => {
    const { log, createDocument, fence, deleteDocument } = open();
    const [a, b, gone] = [await createDocument(), await createDocument(), await createDocument()];
    await log.append([batch(a, ['1', '2'])], 0);
    await fence(b);
    await deleteDocument(gone);
    expect(await log.heads([a, b, gone, '00000000-0000-4000-8000-000000000000'])).toEqual(
      new Map([
        [a, { head: 2, epoch: 1, accessVersion: 1, snapshotSeq: 0, isDamaged: false }],
        [b, { head: 0, epoch: 1, accessVersion: 2, snapshotSeq: 0, isDamaged: false }],
      ]),
    );
    expect(await log.heads([])).toEqual(new Map());
  });

  it('gives consecutive seqs in the order of the rows, over batches and documents', async () => {
    const { log, createDocument } = open();
    const [a, b] = [await createDocument(), await createDocument()];
    expect(await log.append([batch(a, ['1', '2']), batch(b, ['x'])], 0)).toEqual([
      { type: 'stored', fromSeq: 1 },
      { type: 'stored', fromSeq: 1 },
    ]);
    expect(await log.append([batch(b, ['y']), batch(a, ['3'])], 0)).toEqual([
      { type: 'stored', fromSeq: 2 },
      { type: 'stored', fromSeq: 3 },
    ]);
    expect(await stored(a)).toEqual([
      [1, '1'],
      [2, '2'],
      [3, '3'],
    ]);
    expect(await stored(b, 1)).toEqual([[2, 'y']]);
  });

  it('keeps seqs without a hole when several committers write the same documents at once', async () => {
    const { log, createDocument } = open();
    const documents = await Promise.all(Array.from({ length: 5 }, createDocument));
    const write = async (lane: number) => {
      for (let i = 0; i < 20; i++) {
        const order = lane % 2 === 0 ? documents : [...documents].reverse();
        await log.append(
          order.map((documentId) => batch(documentId, [`${lane}.${i}`, '.'])),
          lane,
        );
      }
    };
    await Promise.all([0, 1, 2, 3].map(write));
    for (const documentId of documents) {
      const rows = await log.rowsAfter(documentId, 0);
      expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: 160 }, (_, i) => i + 1));
    }
  });

  it('D8: writes nothing under an old fence, and tells the present one', async () => {
    const { log, createDocument, fence } = open();
    const [a, b] = [await createDocument(), await createDocument()];
    await fence(a);
    expect(await log.append([batch(a, ['late']), batch(b, ['x'])], 0)).toEqual([
      { type: 'fenced', epoch: 1, accessVersion: 2 },
      { type: 'stored', fromSeq: 1 },
    ]);
    expect(await stored(a)).toEqual([]);
    expect(await log.append([batch(a, ['ok'], { accessVersion: 2 })], 0)).toEqual([{ type: 'stored', fromSeq: 1 }]);
  });

  it('V5: writes nothing under another epoch', async () => {
    const { log, createDocument } = open();
    const a = await createDocument();
    expect(await log.append([batch(a, ['x'], { epoch: 2 })], 0)).toEqual([
      { type: 'fenced', epoch: 1, accessVersion: 1 },
    ]);
    expect(await stored(a)).toEqual([]);
  });

  it('V5: writes nothing that continues more than it has; the others of the batch are stored', async () => {
    const { log, createDocument } = open();
    const [a, b] = [await createDocument(), await createDocument()];
    await log.append([batch(a, ['1', '2'])], 0);
    expect(await log.append([batch(a, ['4'], { after: 3 }), batch(b, ['x'], { after: 0 })], 0)).toEqual([
      { type: 'older', head: 2 },
      { type: 'stored', fromSeq: 1 },
    ]);
    expect(await log.append([batch(a, ['3'], { after: 1 }), batch(b, ['y'], { after: 1 })], 0)).toEqual([
      { type: 'stored', fromSeq: 3 },
      { type: 'stored', fromSeq: 2 },
    ]);
    expect(await stored(a)).toEqual([
      [1, '1'],
      [2, '2'],
      [3, '3'],
    ]);
  });

  it('V5: nothing continues a state of before a reset, and seq goes on after it', async () => {
    const { log, createDocument, reset } = open();
    const a = await createDocument();
    await log.append([batch(a, ['1', '2', '3'])], 0);
    expect(await stored(a, 3)).toEqual([]);
    await reset(a);
    for (const after of [0, 2, 3]) await expect(log.rowsAfter(a, after)).rejects.toBeInstanceOf(OutdatedState);
    const begun = await log.load(a);
    expect([begun?.epoch, begun?.snapshot?.seq, begun?.rows]).toEqual([2, 4, []]);
    expect(await log.saveSnapshot(a, snapshotOf('late', 3), 0, 1)).toBe(false);
    expect(await log.append([batch(a, ['late'])], 0)).toEqual([{ type: 'fenced', epoch: 2, accessVersion: 1 }]);
    expect(await log.append([batch(a, ['5'], { epoch: 2 })], 0)).toEqual([{ type: 'stored', fromSeq: 5 }]);
    expect(await stored(a, 4)).toEqual([[5, '5']]);
  });

  it('writes nothing to a deleted document', async () => {
    const { log, createDocument, deleteDocument } = open();
    const a = await createDocument();
    await deleteDocument(a);
    expect(await log.append([batch(a, ['x'])], 0)).toEqual([{ type: 'deleted' }]);
    expect(await log.load(a)).toBeUndefined();
  });

  it('V1: an id belongs to who bound it first, and to the Y.Doc that he told of', async () => {
    const { log, createDocument, userId, otherUserId } = open();
    const a = await createDocument();
    const big = 2 ** 53 - 1;
    const mine: ClientOwner = { userId, instance: undefined };
    const bound = new Map([
      [1, mine],
      [big, mine],
    ]);
    expect(await log.bindClients(a, [1, big], userId)).toEqual(bound);
    expect(await log.bindClients(a, [1, 2], otherUserId, 'tab')).toEqual(
      new Map([
        [1, mine],
        [2, { userId: otherUserId, instance: 'tab' }],
      ]),
    );
    expect(await log.bindClients(a, [2], otherUserId, 'copy')).toEqual(
      new Map([[2, { userId: otherUserId, instance: 'tab' }]]),
    );
  });

  it('V1: of two who bind at once one wins, and both learn who', async () => {
    const { log, createDocument, userId, otherUserId } = open();
    const a = await createDocument();
    for (let id = 0; id < 20; id++) {
      const [mine, theirs] = await Promise.all([
        log.bindClients(a, [id], userId, 'mine'),
        log.bindClients(a, [id], otherUserId, 'theirs'),
      ]);
      expect(mine).toEqual(theirs);
    }
  });

  it('loads a snapshot and the rows after it; one compactor of two moves the pointer', async () => {
    const { log, createDocument } = open();
    const a = await createDocument();
    await log.append([batch(a, ['1', '2', '3'])], 0);
    const snapshot = snapshotOf('hello', 2);
    expect(await log.saveSnapshot(a, snapshot, 0, 1)).toBe(true);
    expect(await log.saveSnapshot(a, snapshotOf('hello', 3), 0, 1)).toBe(false);
    const document = await log.load(a);
    expect(document?.rows.map((row) => row.seq)).toEqual([3]);
    expect(document).toMatchObject({ after: 2, damage: [], isDamaged: false, isBaseLost: false });
    expect(plain(document!.snapshot!)).toEqual(plain(snapshot));
    expect((await log.heads([a])).get(a)).toMatchObject({ head: 3, snapshotSeq: 2 });
    expect(await stored(a)).toHaveLength(3);
  });

  it('takes no snapshot beyond the head, of another epoch, or behind the one that it points to', async () => {
    const { log, createDocument } = open();
    const a = await createDocument();
    await log.append([batch(a, ['1'])], 0);
    expect(await log.saveSnapshot(a, snapshotOf('x', 2), 0, 1)).toBe(false);
    expect(await log.saveSnapshot(a, snapshotOf('x', 1), 0, 2)).toBe(false);
    expect(await log.saveSnapshot(a, snapshotOf('x', 1), 0, 1)).toBe(true);
    expect(await log.saveSnapshot(a, snapshotOf('y', 0), 1, 1)).toBe(false);
    // In its place: what was damaged is made anew.
    const anew = snapshotOf('y', 1);
    expect(await log.saveSnapshot(a, anew, 1, 1)).toBe(true);
    expect(plain((await log.load(a))!.snapshot!)).toEqual(plain(anew));
  });
}

function snapshotOf(text: string, seq: number): StoredSnapshot {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  doc.getText('content').delete(1, 2);
  const update = decodeUpdate(Y.encodeStateAsUpdate(doc), 'text');
  if (typeof update === 'string') throw new Error(update);
  const runs = update.blocks.map((block) => ({ ...block, parts: [update.bytes.subarray(block.from, block.to)] }));
  return encodeSnapshot({ seq, runs, deletes: update.deletes });
}

function plain(snapshot: StoredSnapshot): unknown {
  const { seq, runs, deletes } = decodeSnapshot(snapshot);
  const structs = runs.map(({ parts, ...run }) => ({ ...run, bytes: Buffer.concat(parts).toString('hex') }));
  return { seq, structs, deletes: [...deletes], checksum: snapshot.checksum };
}
