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
  for (const update of updates) queue.append({ update, edits: 1 });
  return queue;
};
const LARGE = 1_000_000;
const idsOf = (queue: SendQueue) => queue.all.map(({ id }) => id);

describe('SendQueue', () => {
  it('DOC-14: takes waiting neighbours as one, in order, and each entry once', () => {
    const queue = queueOf(typed('abc'));
    expect(queue.take(1, LARGE)?.ids).toEqual([1, 2, 3]);
    expect(queue.take(2, LARGE)).toBeUndefined();
    queue.append({ update: typed('d')[0]!, edits: 1 });
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
    queue.append({ update: updates[1]!, edits: 1 });
    expect(queue.take(2, LARGE)?.ids).toEqual([1, 2]);
    expect(queue.stored(1)).toEqual([1]);
    queue.append({ update: updates[2]!, edits: 1 });
    expect(queue.take(3, LARGE)?.ids).toEqual([3]);
    expect(queue.stored(2)).toEqual([1, 2]);
    expect(idsOf(queue)).toEqual([3]);
  });

  it('DOC-14: never merges over a hole', () => {
    const [a, b, c] = typed('abc');
    const queue = queueOf([a!]);
    queue.take(1, LARGE);
    queue.append({ update: b!, edits: 1 });
    queue.take(2, LARGE);
    queue.append({ update: c!, edits: 1 });
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

  describe('text of suggestions', () => {
    const claim = (n: number) => ({ completionId: `c${n}`, client: 1, clock: n, length: 1 });
    /** The second and the fourth of five letters were accepted. */
    const mixed = (letters = 'abcde') => {
      const queue = new SendQueue();
      for (const [i, update] of typed(letters).entries()) {
        queue.append({ update, edits: 1, ...((i === 1 || i === 3) && { provenance: claim(i) }) });
      }
      return queue;
    };

    it('CMP-22: travels alone, and each time with what it is', () => {
      const queue = mixed();
      const sent = () => [1, 2, 3, 4, 5].map((request) => queue.take(request, LARGE)).map((batch) => batch?.provenance);
      expect(sent()).toEqual([undefined, claim(1), undefined, claim(3), undefined]);
      queue.rewind();
      expect(sent()).toEqual([undefined, claim(1), undefined, claim(3), undefined]);
      expect([queue.holds('c1'), queue.holds('c2')]).toEqual([true, false]);
      queue.stored(2);
      expect(queue.holds('c1')).toBe(false);
    });

    it('CMP-22: stays what it is when a long wait is merged', () => {
      const queue = mixed('x'.repeat(1_100));
      expect(queue.all.length).toBeLessThan(600);
      const claimed = queue.all.filter(({ provenance }) => provenance);
      expect(claimed.map(({ id, edits, provenance }) => [id, edits, provenance])).toEqual([
        [2, 1, claim(1)],
        [4, 1, claim(3)],
      ]);
    });

    it('CMP-22: of several in the answer to a gap, the first goes with it and the others after it', () => {
      const queue = mixed();
      expect(queue.takeAll(9)).toEqual({ provenance: claim(1) });
      expect(queue.take(10, LARGE)).toBeUndefined();
      expect(queue.stored(9)).toEqual([1, 2, 3, 5]);
      queue.rewind();
      expect(queue.take(10, LARGE)).toMatchObject({ ids: [4], provenance: claim(3) });
    });
  });

  it('DOC-14: a long wait is stored in few entries that hold the same', () => {
    const letters = 'x'.repeat(1_100);
    const queue = new SendQueue();
    const held = new Map<number, Uint8Array>();
    for (const update of typed(letters)) {
      const { add, remove } = queue.append({ update, edits: 1 });
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
