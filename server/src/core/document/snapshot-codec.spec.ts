import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { seeded, sessionOf } from '../../testing/yjs-edits.js';
import { DocumentState } from './document-state.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.js';
import { decodeUpdate } from './update/decode-update.js';
import { chunksOf } from './update/decoded-update.js';
import { StoredDataCorrupt, type StoredSnapshot } from './update-log.js';

function snapshot(): { stored: StoredSnapshot; update: Uint8Array } {
  const { doc } = sessionOf(seeded(9), { editors: 3, edits: 80 });
  const update = decodeUpdate(Y.encodeStateAsUpdate(doc), 'text', 60);
  if (typeof update === 'string') throw new Error(update);
  const { bytes, blocks, deletes } = update;
  return { stored: encodeSnapshot({ seq: 80, runs: [...chunksOf(bytes, blocks)], deletes }), update: bytes };
}

it('a snapshot reads back as what it was made of', () => {
  const { stored, update } = snapshot();
  const { seq, runs } = decodeSnapshot(stored);
  expect(seq).toBe(80);
  expect(runs.length).toBeGreaterThan(3);
  const again = DocumentState.from('text', decodeSnapshot(stored)).encode();
  expect(Buffer.from(again)).toEqual(Buffer.from(update));
});

it('one whose columns do not fit together is refused', () => {
  const { stored } = snapshot();
  const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1);
  const longer = (bytes: Uint8Array) => new Uint8Array([...bytes, 0]);
  for (const change of [cut, longer]) {
    for (const column of ['structs', 'structIndex', 'deleteSet'] as const) {
      expect(() => decodeSnapshot({ ...stored, [column]: change(stored[column]) })).toThrow(StoredDataCorrupt);
    }
  }
});
