import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { SendQueue } from './send-queue.js';

/** The updates of one author, one for each letter. */
const typed = (letters: string, doc = new Y.Doc()) => {
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const letter of letters) doc.getText('content').insert(doc.getText('content').length, letter);
  return updates;
};
const queueOf = (updates: Uint8Array[]) => {
  const queue = new SendQueue();
  for (const update of updates) queue.append(update, 1);
  return queue;
};
const LARGE = 1_000_000;
const idsOf = (queue: SendQueue) => queue.all.map(({ id }) => id);

describe('SendQueue', () => {
  it('DOC-14: takes waiting neighbours as one, in order, and each entry once', () => {
    const queue = queueOf(typed('abc'));
    expect(queue.take(1, LARGE)?.ids).toEqual([1, 2, 3]);
    expect(queue.take(2, LARGE)).toBeUndefined();
    queue.append(typed('d')[0]!, 1);
    expect(queue.take(2, LARGE)?.ids).toEqual([4]);
    expect(queue.pending).toBe(4);
  });

  it('DOC-14: stays below the limit of one message', () => {
    const updates = typed('abcd');
    const queue = queueOf(updates);
    expect(queue.take(1, updates[0]!.length + updates[1]!.length)?.ids).toEqual([1, 2]);
  });

  it('DOC-14: only an ack empties it, also one for a request that was taken back', () => {
    const queue = queueOf(typed('ab'));
    queue.take(1, LARGE);
    queue.rewind();
    expect(idsOf(queue)).toEqual([1, 2]);
    expect(queue.idsOf(1)).toBeUndefined();
    queue.take(2, LARGE);
    queue.rewind();
    expect(queue.stored(2)).toEqual([1, 2]);
    expect(queue.pending).toBe(0);
    expect(queue.take(3, LARGE)).toBeUndefined();
  });

  it('DOC-14: a late ack of a part leaves the rest in flight as it was', () => {
    const updates = typed('abc');
    const queue = queueOf(updates.slice(0, 1));
    queue.take(1, LARGE);
    queue.rewind();
    queue.append(updates[1]!, 1);
    expect(queue.take(2, LARGE)?.ids).toEqual([1, 2]);
    expect(queue.stored(1)).toEqual([1]);
    queue.append(updates[2]!, 1);
    expect(queue.take(3, LARGE)?.ids).toEqual([3]);
    expect(queue.stored(2)).toEqual([1, 2]);
    expect(idsOf(queue)).toEqual([3]);
  });

  it('DOC-14: never merges over a hole', () => {
    const [a, b, c] = typed('abc');
    const queue = queueOf([a!]);
    queue.take(1, LARGE);
    queue.append(b!, 1);
    queue.take(2, LARGE);
    queue.append(c!, 1);
    // The second is acked before the first; a new connection sends what is left.
    queue.stored(2);
    queue.disconnect();
    expect(queue.take(3, LARGE)?.ids).toEqual([1]);
    expect(queue.take(4, LARGE)?.ids).toEqual([3]);
  });

  it('DOC-24: what an earlier session left goes first, and never together with own edits', () => {
    const queue = queueOf(typed('n'));
    const [left] = typed('o');
    queue.adopt([{ id: -1, update: left!, edits: 5 }]);
    expect(queue.pending).toBe(6);
    expect(queue.take(1, LARGE)?.ids).toEqual([-1]);
    expect(queue.areInherited([-1])).toBe(true);
    expect(queue.take(2, LARGE)?.ids).toEqual([1]);
    expect(queue.areInherited([1])).toBe(false);
    queue.bequeath();
    expect(queue.areInherited([1])).toBe(true);
  });

  it('DOC-14: a long wait is stored in few entries that hold the same', () => {
    const letters = 'x'.repeat(1_100);
    const queue = new SendQueue();
    const held = new Map<number, Uint8Array>();
    for (const update of typed(letters)) {
      const { add, remove } = queue.append(update, 1);
      for (const id of remove) held.delete(id);
      for (const entry of add) held.set(entry.id, entry.update);
    }
    expect(idsOf(queue)).toEqual([...held.keys()].sort((a, b) => a - b));
    expect(held.size).toBeLessThan(600);
    expect(queue.pending).toBe(1_100);
    const doc = new Y.Doc();
    for (const id of idsOf(queue)) Y.applyUpdate(doc, held.get(id)!);
    expect(doc.getText('content').toString()).toBe(letters);
    expect(doc.store.pendingStructs).toBeNull();
  });
});
