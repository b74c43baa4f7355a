import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { patience } from '../../testing/patience.js';
import { editFree, fingerprint, pick, seeded, sessionOf } from '../../testing/yjs-edits.js';
import { DocumentState } from './document-state.js';
import { ByteWriter } from './update/byte-writer.js';
import { decodeUpdate } from './update/decode-update.js';
import { chunksOf, type DecodedUpdate } from './update/decoded-update.js';
import { joinUpdates } from './update/join-updates.js';
import { decodeStateVector, encodeStateVector } from './update/state-vector.js';
import { trimUpdate } from './update/trim-update.js';

const KINDS = [
  { kind: 'text', edit: undefined },
  { kind: 'free', edit: editFree },
] as const;

function decoded(bytes: Uint8Array, kind: 'text' | 'free', chunkBytes?: number): DecodedUpdate {
  const update = decodeUpdate(bytes, kind, chunkBytes);
  if (typeof update === 'string') throw new Error(update);
  return update;
}

function docOf(...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ gc: false });
  for (const update of updates) Y.applyUpdate(doc, update);
  expect(doc.store.pendingStructs).toBeNull();
  expect(doc.store.pendingDs).toBeNull();
  return doc;
}

describe.each(KINDS)('DocumentState of kind $kind', ({ kind, edit }) => {
  const build = (seed: number, edits = 150) => {
    const random = seeded(seed);
    const { updates } = sessionOf(random, { editors: 3, edits, edit });
    const state = DocumentState.empty(kind);
    for (const bytes of updates) {
      const fresh = trimUpdate(decoded(bytes, kind), state, kind);
      if (fresh) state.append(fresh);
      else state.appendNothing();
    }
    return { random, updates, state };
  };

  it.each([1, 2, 3])('encodes what Yjs makes of the same updates (seed %i)', (seed) => {
    const { updates, state } = build(seed);
    expect(fingerprint(docOf(state.encode()))).toEqual(fingerprint(docOf(...updates)));
    expect(fingerprint(docOf(Y.mergeUpdates(updates)))).toEqual(fingerprint(docOf(state.encode())));
    expect(state.seq).toBe(updates.length);
  });

  it.each([4, 5, 6])('brings up a reader of any seq, and of any state vector (seed %i)', (seed) => {
    const { random, updates, state } = build(seed);
    const whole = fingerprint(docOf(...updates));
    for (let i = 0; i < 30; i++) {
      const seq = Math.floor(random() * (updates.length + 1));
      const reader = docOf(...updates.slice(0, seq));
      expect(fingerprint(docOf(Y.encodeStateAsUpdate(reader), state.encodeSince(seq)!))).toEqual(whole);
      const vector = decodeStateVector(Y.encodeStateVector(reader))!;
      expect(fingerprint(docOf(Y.encodeStateAsUpdate(reader), state.encodeDiff(vector)))).toEqual(whole);
    }
  });

  it('joins no more rows for one reader than it can at once', () => {
    const state = DocumentState.empty(kind);
    for (let i = 0; i < 10_002; i++) state.appendNothing();
    expect(state.encodeSince(1)).toBeUndefined();
    expect(state.encodeSince(2)).toEqual(new Uint8Array([0, 0]));
  });

  it.each([7, 8])('joins any consecutive rows into one update (seed %i)', (seed) => {
    const { random, updates } = build(seed);
    for (let i = 0; i < 20; i++) {
      const from = Math.floor(random() * updates.length);
      const to = from + 1 + Math.floor(random() * (updates.length - from));
      const joined = joinUpdates(updates.slice(from, to).map((bytes) => decoded(bytes, kind)));
      const before = updates.slice(0, from);
      expect(fingerprint(docOf(...before, joined))).toEqual(fingerprint(docOf(...updates.slice(0, to))));
    }
  });

  it.each([9, 10])('stays the same document when its base is compacted while it grows (seed %i)', (seed) => {
    const { random, updates, state } = build(seed);
    const half = Math.floor(updates.length / 2);
    const compact = docOf(...updates.slice(0, half));
    const bytes = Y.encodeStateAsUpdate(compact);
    // Chunks of a few structs, so that a small document has many.
    const { blocks, deletes } = decoded(bytes, kind, 40);
    const runs = [...chunksOf(bytes, blocks)];
    expect(runs.length).toBeGreaterThan(blocks.length);
    state.rebase({ seq: half, deletes, runs });
    expect(state.seq).toBe(updates.length);
    expect(state.tailLength.rows).toBe(updates.length - half);
    expect(fingerprint(docOf(state.encode()))).toEqual(fingerprint(docOf(...updates)));
    expect(state.encodeSince(half - 1)).toBeUndefined();
    const reader = docOf(...updates.slice(0, Math.floor(random() * half)));
    const vector = decodeStateVector(Y.encodeStateVector(reader))!;
    expect(fingerprint(docOf(Y.encodeStateAsUpdate(reader), state.encodeDiff(vector)))).toEqual(
      fingerprint(docOf(...updates)),
    );
  });

  it.each([11, 12])('D4: a repeat, whole or in part, is trimmed to what is new (seed %i)', (seed) => {
    const { random, updates, state } = build(seed, 60);
    const more = sessionOf(random, { editors: 1, edits: 20, edit }).updates;
    const wholes = [Y.mergeUpdates(more.slice(0, 10)), Y.mergeUpdates(more), Y.mergeUpdates(more.slice(5))];
    for (const whole of wholes.slice(0, 2)) {
      const fresh = trimUpdate(decoded(whole, kind), state, kind);
      if (fresh) state.append(fresh);
    }
    expect(trimUpdate(decoded(wholes[2]!, kind), state, kind)).toBeUndefined();
    for (let i = 0; i < 10; i++) expect(trimUpdate(decoded(pick(random, updates), kind), state, kind)).toBeUndefined();
    expect(fingerprint(docOf(state.encode()))).toEqual(fingerprint(docOf(...updates, ...more)));
  });
});

/** One client that wrote words at places of no order, as text that no compaction can make shorter. */
function scattered(structs: number): Uint8Array {
  const writer = new ByteWriter();
  for (const value of [1, structs, 7, 0]) writer.varUint(value);
  const words = ['b', '🙂', 'λx', 'words'];
  let clock = 0;
  for (let i = 0; i < structs; i++) {
    const word = words[(i * 7) % words.length]!;
    if (i === 0) {
      writer.bytes(new Uint8Array([4, 1]));
      writer.string('content');
    } else {
      writer.bytes(new Uint8Array([0x84]));
      writer.varUint(7);
      writer.varUint((i * 2654435761) % clock);
    }
    writer.string(word);
    clock += word.length;
  }
  writer.varUint(0);
  return writer.finish();
}

describe('DocumentState of many structs', () => {
  const update = decoded(scattered(60_000), 'text');
  const { end } = update.blocks[0]!;
  const runs = [...chunksOf(update.bytes, update.blocks)];
  const states = {
    'a snapshot': DocumentState.from('text', { seq: 1, runs, deletes: update.deletes }),
    'a large row': DocumentState.empty('text'),
  };
  states['a large row'].append(update);

  it('is kept in chunks that follow on each other', () => {
    expect(runs.length).toBeGreaterThan(3);
    expect(Math.max(...runs.map(({ parts }) => parts[0]!.length))).toBeLessThanOrEqual(64 * 1024);
    expect(runs.map((run) => run.clock)).toEqual([0, ...runs.slice(0, -1).map((run) => run.end)]);
    expect(runs.reduce((sum, run) => sum + run.structs, 0)).toBe(60_000);
    expect(runs.at(-1)!.end).toBe(end);
  });

  it.each(['a snapshot', 'a large row'] as const)('is cut as Yjs cuts it, from %s', (source) => {
    const whole = states[source].encode();
    expect(Buffer.compare(whole, update.bytes)).toBe(0);
    const random = seeded(20);
    const edges = runs.flatMap((run) => [run.clock, run.clock + 1, run.end - 1]);
    const clocks = [
      0,
      1,
      end - 1,
      end,
      end + 5,
      ...edges,
      ...Array.from({ length: 20 }, () => Math.floor(random() * end)),
    ];
    for (const clock of clocks) {
      const vector = new Map([[7, clock]]);
      const theirs = Y.diffUpdate(whole, encodeStateVector(vector));
      expect(Buffer.compare(states[source].encodeDiff(vector), theirs)).toBe(0);
    }
  });

  it.each(['a snapshot', 'a large row'] as const)(
    'F16: a reader who knows nearly all costs nearly nothing, from %s',
    (source) => {
      const times = Array.from({ length: 20 }, (_, i) => {
        const began = performance.now();
        states[source].encodeDiff(new Map([[7, end - 1 - i]]));
        return performance.now() - began;
      });
      expect(Math.min(...times)).toBeLessThan(2 * patience());
    },
  );
});
