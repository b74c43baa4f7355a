import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { fingerprint, seeded, sessionOf } from '../../../testing/yjs-edits.js';
import { DocumentState } from '../document-state.js';
import { decodeUpdate } from '../update/decode-update.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { trimUpdate } from '../update/trim-update.js';
import { closedPart } from './closed-part.js';

function decoded(bytes: Uint8Array): DecodedUpdate {
  const update = decodeUpdate(bytes, 'text');
  if (typeof update === 'string') throw new Error(update);
  return update;
}

function stateOf(updates: readonly Uint8Array[]): DocumentState {
  const state = DocumentState.empty('text');
  for (const bytes of updates) {
    const fresh = trimUpdate(decoded(bytes), state, 'text');
    if (fresh) state.append(fresh);
  }
  return state;
}

/** What one client wrote, and all deletes: what an editor may bring back. */
function ofClient(doc: Y.Doc, client: number): Uint8Array {
  const vector = Y.decodeStateVector(Y.encodeStateVector(doc));
  vector.set(client, 0);
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(vector));
}

const isWhole = (doc: Y.Doc) => !doc.store.pendingStructs && !doc.store.pendingDs;

it('takes as much as Yjs can integrate, and not a struct less', () => {
  const random = seeded(21);
  for (let round = 0; round < 40; round++) {
    const { updates, doc } = sessionOf(random, { editors: 3, edits: 50 });
    const known = updates.slice(0, Math.floor(random() * 10));
    const state = stateOf(known);
    for (const client of doc.store.clients.keys()) {
      const offer = trimUpdate(decoded(ofClient(doc, client)), state, 'text');
      if (!offer) continue;
      const part = closedPart(offer, state, 'text');
      const taken = new Y.Doc({ gc: false });
      Y.applyUpdate(taken, state.encode());
      if (part) Y.applyUpdate(taken, part.bytes);
      expect(isWhole(taken)).toBe(true);
      // Yjs takes what it can as well, and keeps the rest aside.
      const all = new Y.Doc({ gc: false });
      Y.applyUpdate(all, state.encode());
      Y.applyUpdate(all, offer.bytes);
      expect(Y.getState(taken.store, client)).toBe(Y.getState(all.store, client));
      expect(fingerprint(taken)).toEqual(fingerprint(all));
    }
  }
});

it('an update without a gap is taken as it is', () => {
  const { updates } = sessionOf(seeded(2), { editors: 2, edits: 10 });
  const update = decoded(updates[0]!);
  expect(closedPart(update, DocumentState.empty('text'), 'text')).toBe(update);
});

it('of one that builds on what is missing nothing is taken', () => {
  const { updates } = sessionOf(seeded(2), { editors: 1, edits: 10 });
  expect(closedPart(decoded(updates[1]!), DocumentState.empty('text'), 'text')).toBeUndefined();
});
