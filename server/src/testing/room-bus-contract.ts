import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { BusRoomBus } from '../core/document/bus-room-bus.js';
import type { CommittedEdits, CursorNews, RoomBus, RoomNews } from '../core/document/room-bus.js';
import { eventually } from './eventually.js';
import type { OpenNodes } from './node-bus-contract.js';

export interface RoomBusesUnderTest {
  /** Two nodes that reach each other. */
  readonly a: RoomBus;
  readonly b: RoomBus;
  readonly errors: unknown[];
  stop(): Promise<void>;
}

/** The doorbell over two nodes. */
export const roomBusesOver = (open: OpenNodes) => async (): Promise<RoomBusesUnderTest> => {
  const { a, b, ...nodes } = await open();
  return { a: new BusRoomBus(a), b: new BusRoomBus(b), ...nodes };
};

/** What every doorbell promises while its carrier works. */
export function roomBusContract(open: () => Promise<RoomBusesUnderTest>): void {
  let buses: RoomBusesUnderTest;
  let documentId: string;
  beforeEach(async () => {
    buses = await open();
    documentId = randomUUID();
  });
  afterEach(() => buses.stop());

  it('rings for the newest edits, with their bytes or none, and not at home', async () => {
    const { a, b } = buses;
    const [atA, atB] = [hear(a, documentId), hear(b, documentId)];
    await connected(a, b, documentId);
    const sent = Array.from({ length: 500 }, (_, index) => edits(documentId, 3 * index + 1, 3 * index + 3));
    for (const news of sent) a.publish(news);
    await eventually('the newest has arrived', () => ofType(atB, 'edits').at(-1)?.seq === 1500);
    for (const news of ofType(atB, 'edits')) {
      const original = sent.find(({ seq }) => seq === news.seq);
      if (news.update) expect(news).toEqual(original);
      else expect(news).toEqual({ ...original, fromSeq: news.seq, update: undefined });
    }
    expect(ofType(atA, 'edits')).toEqual([]);
  });

  it('rings for edits of any size, and for those without bytes', async () => {
    const { a, b } = buses;
    const heard = hear(b, documentId);
    await connected(a, b, documentId);
    a.publish({ ...edits(documentId, 1, 2), update: randomBytes(1_000_000) });
    await eventually('the large one is told', () => ofType(heard, 'edits').at(-1)?.seq === 2);
    a.publish({ ...edits(documentId, 3, 4), update: undefined });
    await eventually('the empty one is told', () => ofType(heard, 'edits').at(-1)?.seq === 4);
    const epochs = ofType(heard, 'edits').map(({ epoch, update }) => ({ epoch, update }));
    expect(epochs).toEqual([
      { epoch: 7, update: undefined },
      { epoch: 7, update: undefined },
    ]);
  });

  it('brings cursors in their order, and the question for them', async () => {
    const { a, b } = buses;
    const [atA, atB] = [hear(a, documentId), hear(b, documentId)];
    await connected(a, b, documentId);
    await connected(b, a, documentId);
    b.publish({ type: 'cursors-wanted', documentId, node: 'b' });
    await eventually('the question has arrived', () => ofType(atA, 'cursors-wanted').length === 1);
    const sent = Array.from({ length: 200 }, (_, index) => cursors(documentId, Uint8Array.of(index, 255, 0, 128)));
    for (const news of sent) a.publish(news);
    await eventually('all have arrived', () => movesOf(atB).length >= sent.length);
    expect(movesOf(atB)).toEqual(sent);
    expect(ofType(atA, 'cursors-wanted')).toEqual([{ type: 'cursors-wanted', documentId, node: 'b' }]);
    expect(ofType(atB, 'cursors-wanted')).toEqual([]);
  });

  it('gives bytes that are plain and of their own', async () => {
    const { a, b } = buses;
    const heard = hear(b, documentId);
    await connected(a, b, documentId);
    a.publish(cursors(documentId, randomBytes(64).subarray(10, 20)));
    await eventually('it has arrived', () => movesOf(heard).length === 1);
    const { update } = movesOf(heard)[0]!;
    expect(update.constructor).toBe(Uint8Array);
    expect([update.length, update.buffer.byteLength]).toEqual([10, 10]);
  });

  it('brings nothing of a document that nobody watches, or nobody any more', async () => {
    const { a, b } = buses;
    const other = randomUUID();
    const heard: RoomNews[] = [];
    const leave = b.subscribe((news) => heard.push(news));
    const unwatch = b.watch(documentId);
    await connected(a, b, documentId);
    a.publish(cursors(other, Uint8Array.of(1)));
    a.publish(cursors(documentId, Uint8Array.of(1)));
    await eventually('it has arrived', () => movesOf(heard).length === 1);

    unwatch();
    unwatch();
    b.watch(other);
    await connected(a, b, other);
    a.publish(cursors(documentId, Uint8Array.of(2)));
    a.publish(cursors(other, Uint8Array.of(3)));
    await eventually('the other is heard', () => movesOf(heard).length === 2);
    expect(movesOf(heard)).toEqual([cursors(documentId, Uint8Array.of(1)), cursors(other, Uint8Array.of(3))]);

    leave();
    const again = hear(b, other);
    a.publish(cursors(other, Uint8Array.of(4)));
    await eventually('who stays hears it', () => movesOf(again).length === 1);
    expect(movesOf(heard)).toHaveLength(2);
  });

  it('goes on when a listener throws, and reports it', async () => {
    const { a, b, errors } = buses;
    b.subscribe(() => {
      throw new Error('a listener of this test');
    });
    const heard = hear(b, documentId);
    await connected(a, b, documentId);
    a.publish(cursors(documentId, Uint8Array.of(1)));
    await eventually('it has arrived', () => movesOf(heard).length === 1);
    expect(errors).toContainEqual(new Error('a listener of this test'));
  });
}

/** All news of a document from now on. */
export function hear(bus: RoomBus, documentId: string): RoomNews[] {
  const heard: RoomNews[] = [];
  bus.watch(documentId);
  bus.subscribe((news) => {
    if (news.documentId === documentId) heard.push(news);
  });
  return heard;
}

export function ofType<Type extends RoomNews['type']>(
  heard: readonly RoomNews[],
  type: Type,
): Extract<RoomNews, { type: Type }>[] {
  return heard.filter((news): news is Extract<RoomNews, { type: Type }> => news.type === type);
}

const PROBE = 'probe ';

/** Cursors that moved, without those that ask whether anybody is there. */
function movesOf(heard: readonly RoomNews[]): CursorNews[] {
  return ofType(heard, 'cursors').filter(({ node }) => !node.startsWith(PROBE));
}

/** Resolves when what `a` rings reaches `b`, and with it all that it rang before. */
export async function connected(a: RoomBus, b: RoomBus, documentId: string): Promise<void> {
  const probe: CursorNews = { ...cursors(documentId, new Uint8Array()), node: PROBE + randomUUID() };
  let isThere = false;
  const leave = b.subscribe((news) => {
    isThere ||= news.type === 'cursors' && news.node === probe.node;
  });
  await eventually('the nodes hear each other', () => {
    a.publish(probe);
    return isThere;
  });
  leave();
}

export function edits(documentId: string, fromSeq: number, seq: number): CommittedEdits {
  const update = Uint8Array.of(fromSeq % 256, 0, 255, seq % 256);
  return { type: 'edits', documentId, epoch: 7, fromSeq, seq, update };
}

export function cursors(documentId: string, update: Uint8Array): CursorNews {
  return { type: 'cursors', documentId, node: 'a', update };
}
