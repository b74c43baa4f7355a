import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { diffUpdate } from 'yjs';
import { craftUpdate, string } from '../../../../test/support/craft-update.js';
import { editFree, editText, seeded, sessionOf } from '../../../testing/yjs-edits.js';
import { runNow } from '../../work.js';
import { DocumentState } from '../document-state.js';
import { Excess } from './decode-bounds.js';
import { decodeUpdate } from './decode-update.js';
import type { DecodedUpdate } from './decoded-update.js';
import { encodeStateVector } from './state-vector.js';
import { trimmingUpdate, trimUpdate } from './trim-update.js';

function decoded(bytes: Uint8Array, kind: 'text' | 'free'): DecodedUpdate {
  const update = decodeUpdate(bytes, kind);
  if (typeof update === 'string') throw new Error(update);
  return update;
}

function stateOf(kind: 'text' | 'free', ...updates: Uint8Array[]): DocumentState {
  const state = DocumentState.empty(kind);
  for (const bytes of updates) {
    const fresh = trimUpdate(decoded(bytes, kind), state, kind);
    if (fresh) state.append(fresh);
  }
  return state;
}

const structsOf = (bytes: Uint8Array) =>
  Y.decodeUpdate(bytes).structs.map((struct) => [
    struct.id.client,
    struct.id.clock,
    struct.length,
    struct.constructor.name,
  ]);

describe.each([
  { kind: 'text', edit: editText },
  { kind: 'free', edit: editFree },
] as const)('trimUpdate of kind $kind', ({ kind, edit }) => {
  it.each([1, 2, 3])('leaves the structs that Yjs leaves, and the deletes that are new (seed %i)', (seed) => {
    const random = seeded(seed);
    const { updates, doc } = sessionOf(random, { editors: 3, edits: 200, edit });
    const whole = Y.encodeStateAsUpdate(doc);
    for (let i = 0; i < 20; i++) {
      const state = stateOf(kind, ...updates.slice(0, Math.floor(random() * updates.length)));
      const fresh = trimUpdate(decoded(whole, kind), state, kind);
      if (!fresh) continue;
      expect(structsOf(fresh.bytes)).toEqual(structsOf(diffUpdate(whole, encodeStateVector(state.stateVector()))));
      for (const [client, start, end] of fresh.listed) expect(state.deletes.covers(client, start, end)).toBe(false);
      expect(runNow(trimmingUpdate(decoded(whole, kind), state, kind))).toEqual(fresh);
      state.append(fresh);
      expect(trimUpdate(decoded(whole, kind), state, kind)).toBeUndefined();
    }
  });
});

describe('trimmingUpdate', () => {
  const before = craftUpdate([{ client: 7, structs: [string('x'.repeat(100_000))] }]);
  const everySecond = Array.from({ length: 40_000 }, (_, i) => [i * 2, 1] as const);
  const deletes = decoded(craftUpdate([], [[7, everySecond]]), 'text');

  it('A3 LIM-2: gives up when more deletes are new than may be; known ones do not count', () => {
    const state = stateOf('text', before);
    expect(runNow(trimmingUpdate(deletes, state, 'text', 20_000))).toBeInstanceOf(Excess);
    expect(runNow(trimmingUpdate(deletes, state, 'text', 50_000))).toBe(deletes);
    state.append(deletes);
    expect(runNow(trimmingUpdate(deletes, state, 'text', 20_000))).toBeUndefined();
  });
});
