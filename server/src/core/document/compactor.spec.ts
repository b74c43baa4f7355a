import { expect, test } from '@jest/globals';
import { craftUpdate, string } from '../../../test/support/craft-update.js';
import { isCompactionDue } from './compactor.js';
import { DocumentState } from './document-state.js';
import { decodeUpdate } from './update/decode-update.js';

const POLICY = { rows: 500, bytes: 1000 };
const TAIL = { rows: 1, bytes: 0, deletedIds: 0, baseBytes: 100_000 };

test.each([
  ['a short tail', TAIL, false],
  ['many rows', { ...TAIL, rows: 500, bytes: 30_000 }, true],
  ['many bytes', { ...TAIL, bytes: 30_000 }, true],
  ['many rows of little beside the base', { ...TAIL, rows: 500, bytes: 20_000 }, false],
  ['very many of them', { ...TAIL, rows: 10_000 }, true],
  ['one row that deletes much', { ...TAIL, deletedIds: 10_000 }, true],
  ['one that deletes little', { ...TAIL, deletedIds: 900 }, false],
  ['one that deletes little of a large base', { ...TAIL, deletedIds: 5000 }, false],
] as const)('%s: compaction is due %#', (_, tail, isDue) => {
  expect(isCompactionDue(tail, POLICY)).toBe(isDue);
});

test('deletes count until they are in the base', () => {
  const state = DocumentState.empty('text');
  const rows = [
    craftUpdate([{ client: 1, structs: [string('x'.repeat(1000))] }]),
    craftUpdate([], [[1, [[0, 300]]]]),
    craftUpdate([], [[1, [[500, 100]]]]),
  ].map((bytes) => decodeUpdate(bytes, 'text'));
  for (const row of rows) if (typeof row !== 'string') state.append(row);
  expect(state.tailLength).toMatchObject({ rows: 3, deletedIds: 400 });
  const first = rows[0]!;
  if (typeof first === 'string') throw new Error(first);
  const [block] = first.blocks;
  const parts = [first.bytes.subarray(block!.from, block!.to)];
  state.rebase({ seq: 2, runs: [{ ...block!, parts }], deletes: first.deletes });
  expect(state.tailLength).toMatchObject({ rows: 1, deletedIds: 100 });
});
