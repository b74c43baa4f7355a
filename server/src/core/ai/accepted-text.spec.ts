import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { acceptedText } from './accepted-text.js';

const completionId = '00000000-0000-4000-8000-000000000001';

describe('acceptedText', () => {
  const doc = new Y.Doc();
  const text = doc.getText('content');
  text.insert(0, 'typed: ');
  const before = Y.encodeStateVector(doc);
  const clock = Y.getState(doc.store, doc.clientID);
  doc.transact(() => {
    text.insert(7, 'suggested🙂');
    text.insert(18, ' more');
    text.delete(0, 1);
  });
  const update = Y.encodeStateAsUpdate(doc, before);
  const read = (more: Partial<{ client: number; clock: number; length: number }>) =>
    acceptedText(update, { completionId, client: doc.clientID, clock, length: 11, ...more });

  it('is the text under exactly these ids, also when it is a part of what was sent', () => {
    expect(read({})).toBe('suggested🙂');
    expect(read({ clock: clock + 2, length: 3 })).toBe('gge');
    expect(read({ length: 16 })).toBe('suggested🙂 more');
  });

  it.each([
    ['ids that the update does not hold', { clock: clock - 3 }],
    ['more than it holds', { length: 100 }],
    ['somebody else', { client: 1 }],
  ])('is nothing for %s', (_what, more) => {
    expect(read(more)).toBeUndefined();
  });

  it('A12: takes no time for bytes that were made to take it', () => {
    const hostile = new Y.Doc();
    const list = hostile.getArray('list');
    hostile.transact(() => {
      for (let n = 0; n < 5_000; n++) list.push([new Y.Doc()]);
    });
    const bytes = Y.encodeStateAsUpdate(hostile);
    const claim = { completionId, client: hostile.clientID, clock: 0, length: 1 };
    expect(acceptedText(bytes, claim)).toBeUndefined();
    const fastest = (work: () => unknown) =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const began = performance.now();
          work();
          return performance.now() - began;
        }),
      );
    // Yjs builds all that they describe.
    expect(fastest(() => acceptedText(bytes, claim))).toBeLessThan(fastest(() => Y.decodeUpdate(bytes)) / 5);
  });

  it('is nothing for bytes that are no update, or no text', () => {
    expect(acceptedText(new Uint8Array([1, 2, 3]), { completionId, client: 1, clock: 0, length: 1 })).toBeUndefined();
    const free = new Y.Doc();
    free.getMap('m').set('k', 1);
    const provenance = { completionId, client: free.clientID, clock: 0, length: 1 };
    expect(acceptedText(Y.encodeStateAsUpdate(free), provenance)).toBeUndefined();
  });
});
