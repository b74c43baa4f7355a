import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { editFree, fingerprint, pick, seeded, sessionOf } from '../../testing/yjs-edits.js';
import { runNow } from '../work.js';
import { encodeSnapshot } from './snapshot-codec.js';
import { openingStored, stateOf } from './stored-state.js';
import { decodeUpdate } from './update/decode-update.js';
import { EMPTY_UPDATE, StoredDataCorrupt, type StoredDocument } from './update-log.js';

const SOUND = { projectId: 'p', epoch: 1, accessVersion: 1, damage: [], isDamaged: false, isBaseLost: false };

function stored(updates: readonly Uint8Array[], more: Partial<StoredDocument> = {}): StoredDocument {
  const after = more.after ?? 0;
  const rows = updates.map((bytes, index) => ({ seq: after + index + 1, bytes }));
  return { ...SOUND, kind: 'text', snapshot: undefined, after, rows, ...more };
}

const open = (document: StoredDocument) => runNow(openingStored(document));

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ gc: false });
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

/** What Yjs can make of updates in their order, without those that would wait. */
function withoutWaiting(updates: readonly Uint8Array[]): { doc: Y.Doc; waiting: number[] } {
  let doc = docOf();
  const waiting: number[] = [];
  for (const [index, update] of updates.entries()) {
    const next = docOf(Y.encodeStateAsUpdate(doc), update);
    if (next.store.pendingStructs || next.store.pendingDs) waiting.push(index + 1);
    else doc = next;
  }
  return { doc, waiting };
}

describe('openingStored', () => {
  it.each([
    ['text', undefined],
    ['free', editFree],
  ] as const)('leaves out a row that cannot be used, and those that build on it, of a %s document', (kind, edit) => {
    const random = seeded(11);
    for (let round = 0; round < 25; round++) {
      const { updates } = sessionOf(random, { editors: 3, edits: 40, ...(edit && { edit }) });
      const lost = 1 + Math.floor(random() * updates.length);
      const rest = updates.map((update, index) => (index === lost - 1 ? EMPTY_UPDATE : update));
      const named = [{ part: 'row', seq: lost, reason: 'checksum' }] as const;
      const { state, damage, isHollow } = open(stored(rest, { kind, damage: named }));
      const { doc, waiting } = withoutWaiting(rest);
      expect(state.seq).toBe(updates.length);
      expect(damage.slice(1).map(({ seq }) => seq)).toEqual(waiting);
      expect(damage.slice(1).every(({ reason }) => reason === 'orphaned')).toBe(true);
      expect(isHollow).toBe(state.byteLength === 0);
      if (kind === 'text') expect(fingerprint(docOf(state.encode()))).toEqual(fingerprint(doc));
      else expect(state.stateVector()).toEqual(Y.decodeStateVector(Y.encodeStateVector(doc)));
    }
  });

  it('finds rows that match their checksum and are no updates', () => {
    const { updates } = sessionOf(seeded(3), { editors: 1, edits: 5 });
    const { state, damage } = open(stored([...updates, new Uint8Array([7]), updates[0]!]));
    expect(damage).toEqual([{ part: 'row', seq: updates.length + 1, reason: 'malformed' }]);
    expect(state.seq).toBe(updates.length + 2);
  });

  it('counts on behind a snapshot, and from where an epoch begins', () => {
    const { updates, doc } = sessionOf(seeded(5), { editors: 2, edits: 20 });
    const base = decodeUpdate(Y.encodeStateAsUpdate(docOf(...updates.slice(0, 10))), 'text');
    if (typeof base === 'string') throw new Error(base);
    const runs = base.blocks.map((block) => ({ ...block, parts: [base.bytes.subarray(block.from, block.to)] }));
    const snapshot = encodeSnapshot({ seq: 90, runs, deletes: base.deletes });
    const behind = open(stored(updates.slice(10), { snapshot, after: 90 }));
    expect(behind.state.seq).toBe(90 + updates.length - 10);
    expect(docOf(behind.state.encode()).getText('content').toString()).toBe(doc.getText('content').toString());
    const begun = open(stored(updates, { after: 500 }));
    expect(begun).toMatchObject({ damage: [], isHollow: false });
    expect(begun.state).toMatchObject({ seq: 500 + updates.length, compactedSeq: 500 });
  });

  it('D2: knows a document of which nothing is left from one that is empty', () => {
    expect(open(stored([])).isHollow).toBe(false);
    const named = [{ part: 'row', seq: 1, reason: 'missing' }] as const;
    expect(open(stored([EMPTY_UPDATE], { damage: named })).isHollow).toBe(true);
    const [first] = sessionOf(seeded(2), { editors: 1, edits: 1 }).updates;
    expect(open(stored([first!], { isBaseLost: true, after: 9 })).isHollow).toBe(true);
  });
});

describe('stateOf', () => {
  it('throws for anything less than the whole document', () => {
    const { updates } = sessionOf(seeded(4), { editors: 1, edits: 6 });
    expect(stateOf(stored(updates)).seq).toBe(updates.length);
    const gap = updates.map((update, index) => (index === 0 ? EMPTY_UPDATE : update));
    expect(() => stateOf(stored(gap))).toThrow(StoredDataCorrupt);
    expect(() => stateOf(stored([pick(seeded(1), [new Uint8Array([1, 2, 3])])]))).toThrow(StoredDataCorrupt);
  });
});
