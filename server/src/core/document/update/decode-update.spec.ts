import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { craftUpdate, string } from '../../../../test/support/craft-update.js';
import { patience } from '../../../testing/patience.js';
import { editFree, seeded, sessionOf } from '../../../testing/yjs-edits.js';
import { runNow } from '../../work.js';
import type { DecodeBounds } from './decode-bounds.js';
import { decodeUpdate, decodingUpdate } from './decode-update.js';
import type { DecodedUpdate } from './decoded-update.js';

function decoded(bytes: Uint8Array, kind: 'text' | 'free' = 'text'): DecodedUpdate {
  const update = decodeUpdate(bytes, kind);
  if (typeof update === 'string') throw new Error(update);
  return update;
}

function updateOf(change: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  change(doc);
  return Y.encodeStateAsUpdate(doc);
}

describe('decodeUpdate', () => {
  it.each([1, 2, 3])('finds the clocks and deletes that Yjs finds (seed %i)', (seed) => {
    const { updates, doc } = sessionOf(seeded(seed), { editors: 3, edits: 200 });
    for (const bytes of [...updates, Y.encodeStateAsUpdate(doc)]) {
      const ours = decoded(bytes);
      const theirs = Y.decodeUpdate(bytes);
      const ends = new Map(ours.blocks.map((block) => [block.client, block.end]));
      for (const struct of theirs.structs) {
        expect(ends.get(struct.id.client)).toBeGreaterThanOrEqual(struct.id.clock + struct.length);
      }
      expect(ours.structCount).toBe(theirs.structs.length);
      for (const [client, deletes] of theirs.ds.clients) {
        for (const { clock, len } of deletes) expect(ours.deletes.covers(client, clock, clock + len)).toBe(true);
      }
    }
  });

  it('comes to the same in pieces', () => {
    const { doc } = sessionOf(seeded(6), { editors: 3, edits: 6000 });
    const whole = Y.encodeStateAsUpdate(doc);
    const work = decodingUpdate(whole, 'text');
    let pieces = 0;
    let step = work.next();
    for (; !step.done; step = work.next()) pieces++;
    expect(pieces).toBeGreaterThan(1);
    expect(step.value).toEqual(decoded(whole));
    const cut = whole.subarray(0, whole.length - 20);
    expect(runNow(decodingUpdate(cut, 'text'))).toBe(decodeUpdate(cut, 'text'));
  });

  it.each([7, 8])('comes to the same in pieces for every kind of content (seed %i)', (seed) => {
    const { doc } = sessionOf(seeded(seed), { editors: 3, edits: 1000, edit: editFree });
    const list = doc.getArray('list');
    list.insert(0, [Array.from({ length: 20_000 }, (_, i) => ({ at: i, of: [null, 'x', { deep: [i] }] }))]);
    list.insert(
      0,
      Array.from({ length: 30_000 }, (_, i) => i),
    );
    doc.getText('rich').insertEmbed(0, { lines: Array.from({ length: 20_000 }, (_, i) => [`line ${i}`, { i }]) });
    const whole = Y.encodeStateAsUpdate(doc);
    expect(runNow(decodingUpdate(whole, 'free'))).toEqual(decoded(whole, 'free'));
    const random = seeded(seed);
    for (let i = 0; i < 40; i++) {
      const broken = Uint8Array.from(whole);
      broken[Math.floor(random() * broken.length)]! ^= 1 << Math.floor(random() * 8);
      expect(runNow(decodingUpdate(broken, 'free'))).toEqual(decodeUpdate(broken, 'free'));
    }
  });

  describe('bounds', () => {
    const BOUNDS = { structs: 3000, authors: 5, strangers: 10, end: () => 0 };
    const within = (bytes: Uint8Array, bounds: Partial<DecodeBounds> = {}) =>
      runNow(decodingUpdate(bytes, 'text', { ...BOUNDS, ...bounds }));
    const typed = (client: number, count: number) =>
      craftUpdate([
        {
          client,
          structs: Array.from({ length: count }, (_, i) => string('x', { origin: [client, i - 1] })).with(
            0,
            string('x'),
          ),
        },
      ]);

    it('A3 LIM-2: reads no further than what may be new', () => {
      expect(within(typed(7, 3000))).toMatchObject({ structCount: 3000 });
      const more = Buffer.concat([typed(7, 100_000), Buffer.from('never reached')]);
      expect(within(more)).toMatchObject({ limit: 3000 });
      expect(within(more, { structs: Number.POSITIVE_INFINITY })).toBe('malformed_update');
    });

    it('DOC-36: counts nothing that is known', () => {
      const end = (client: number) => (client === 7 ? 98_000 : 0);
      expect(within(typed(7, 100_000), { end })).toMatchObject({ structCount: 100_000 });
      expect(within(typed(7, 102_000), { end })).toMatchObject({ limit: 3000 });
    });

    it('DOC-30: reads no blocks of more clients than one may write under', () => {
      const of = (clients: number, length = 1000) =>
        craftUpdate(
          Array.from({ length: clients }, (_, i) => ({ client: i + 1, structs: [string('x'.repeat(length))] })),
        );
      expect(within(of(5))).toMatchObject({ structCount: 5 });
      expect(within(of(2000, 1))).toMatchObject({ limit: 5 });
      expect(within(of(2000, 1), { end: (client) => (client > 3 ? 1 : 0) })).toMatchObject({ structCount: 2000 });
    });

    it('A3: reads no deletes of thousands of clients of whom nothing is known', () => {
      const of = (clients: number) =>
        craftUpdate(
          [],
          Array.from({ length: clients }, (_, i) => [i + 1, [[0, 1]]] as const),
        );
      expect(within(of(2000))).toMatchObject({ limit: 10 });
      expect(within(of(2000), { end: (client) => (client > 10 ? 1 : 0) })).toMatchObject({ structCount: 0 });
    });
  });

  it.each([4, 5])('takes every kind of content in a free document (seed %i)', (seed) => {
    const { updates, doc } = sessionOf(seeded(seed), { editors: 3, edits: 200, edit: editFree });
    for (const bytes of [...updates, Y.encodeStateAsUpdate(doc)]) {
      expect(decoded(bytes, 'free').structCount).toBe(Y.decodeUpdate(bytes).structs.length);
    }
  });

  it('A1: refuses every truncation', () => {
    const whole = updateOf((doc) => doc.getText('content').insert(0, 'hello 🙂 world'));
    for (let length = 0; length < whole.length; length++) {
      expect(decodeUpdate(whole.subarray(0, length), 'text')).toBe('malformed_update');
    }
  });

  it('A1: refuses bytes left over', () => {
    const whole = updateOf((doc) => doc.getText('content').insert(0, 'x'));
    expect(decodeUpdate(Buffer.concat([whole, new Uint8Array([1])]), 'text')).toBe('malformed_update');
  });

  it('A2: tells V2 encoding from damage', () => {
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'hello');
    expect(decodeUpdate(Y.encodeStateAsUpdateV2(doc), 'text')).toBe('unsupported_encoding');
  });

  it.each([
    ['structs', [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0]],
    ['clients', [0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['deletes', [0, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['the length of a string', [1, 1, 1, 0, 4, 1, 7, ...Buffer.from('content'), 0xff, 0xff, 0xff, 0x7f]],
    ['an integer past 2^53', [1, 1, ...new Array(12).fill(0xff), 1]],
    ['an integer of many empty bytes', [1, 1, ...new Array(200).fill(0x80), 0, 0, 0]],
    ['a client of many empty bytes', [0, 1, ...new Array(160).fill(0x80), 0, 1, 0, 1]],
  ])('A3: refuses a declared count that cannot be true: %s', (_, bytes) => {
    expect(decodeUpdate(new Uint8Array(bytes), 'text')).toBe('malformed_update');
  });

  it('A3: takes no longer for a bomb than for its bytes', () => {
    const bomb = new Uint8Array([1, 0xff, 0xff, 0xff, 0x0f, 1, 0]);
    const start = performance.now();
    for (let i = 0; i < 10_000; i++) decodeUpdate(bomb, 'text');
    expect(performance.now() - start).toBeLessThan(1000 * patience());
  });

  it('A5: refuses GC and Skip structs in text', () => {
    expect(decodeUpdate(new Uint8Array([1, 1, 9, 0, 0, 5, 0]), 'text')).toBe('schema_violation');
    expect(decodeUpdate(new Uint8Array([1, 1, 9, 0, 10, 5, 0]), 'text')).toBe('schema_violation');
  });

  it.each<[string, (doc: Y.Doc) => void]>([
    ['a map', (doc) => doc.getMap('content').set('k', 1)],
    ['another root', (doc) => doc.getText('other').insert(0, 'x')],
    ['an array', (doc) => doc.getArray('content').insert(0, [1])],
    ['a nested type', (doc) => doc.getArray('content').insert(0, [new Y.Text('x')])],
    ['formatting', (doc) => doc.getText('content').insert(0, 'x', { bold: true })],
    ['an embed', (doc) => doc.getText('content').insertEmbed(0, { a: 1 })],
    ['XML', (doc) => doc.getXmlFragment('content').insert(0, [new Y.XmlElement('p')])],
    ['a subdocument', (doc) => doc.getMap('content').set('d', new Y.Doc())],
  ])('A8: refuses %s in text', (_, change) => {
    expect(decodeUpdate(updateOf(change), 'text')).toBe('schema_violation');
  });

  it.each<[string, (doc: Y.Doc) => void]>([
    ['a map', (doc) => doc.getMap('m').set('__proto__', 1)],
    ['a value', (doc) => doc.getMap('m').set('k', JSON.parse('{"__proto__":{"isAdmin":true}}'))],
    ['a root name', (doc) => doc.getMap('constructor').set('k', 1)],
    ['an embed', (doc) => doc.getText('t').insertEmbed(0, JSON.parse('{"a":{"__proto__":1}}'))],
  ])('A9: refuses a key of a prototype in %s', (_, change) => {
    expect(decodeUpdate(updateOf(change), 'free')).toBe('bad_key');
  });

  it('A9: refuses a value nested deeper than a reader could follow', () => {
    const update = updateOf((doc) => doc.getMap('m').set('k', nest(100)));
    expect(decodeUpdate(update, 'free')).toBe('schema_violation');
  });

  it('refuses two blocks of one client, which Yjs would read as one', () => {
    const one = [1, 7, 0, 4, 1, 7, ...Buffer.from('content'), 1, 97];
    expect(decodeUpdate(new Uint8Array([2, ...one, ...one, 0]), 'text')).toBe('malformed_update');
  });
});

function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)];
}
