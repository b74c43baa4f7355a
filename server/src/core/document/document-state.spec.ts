import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { editFree, fingerprint, pick, seeded, sessionOf } from '../../testing/yjs-edits.js';
import { DocumentState } from './document-state.js';
import { decodeUpdate } from './update/decode-update.js';
import type { DecodedUpdate } from './update/decoded-update.js';
import { joinUpdates } from './update/join-updates.js';
import { decodeStateVector } from './update/state-vector.js';
import { trimUpdate } from './update/trim-update.js';

const KINDS = [
  { kind: 'text', edit: undefined },
  { kind: 'free', edit: editFree },
] as const;

function decoded(bytes: Uint8Array, kind: 'text' | 'free'): DecodedUpdate {
  const update = decodeUpdate(bytes, kind);
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
    const { blocks, deletes } = decoded(bytes, kind);
    state.rebase({
      seq: half,
      deletes,
      runs: blocks.map((block) => ({ ...block, parts: [bytes.subarray(block.from, block.to)] })),
    });
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
