import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import * as Y from 'yjs';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { RoomSession } from '../../core/document/room/room-session.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import type { AppendBatch, AppendResult } from '../../core/document/update-log.js';
import { eventually } from '../../testing/eventually.js';
import { type CommitHandler, Committers } from './committers.js';
import { NO_OBSERVER } from './room-observer.js';

/** A log whose answers a test gives. */
class AskedLog extends MemoryUpdateLog {
  readonly asked: { documentIds: string[]; lane: number; answer(results: AppendResult[]): void }[] = [];

  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const documentIds = batches.map(({ documentId }) => documentId);
    return new Promise((answer) => void this.asked.push({ documentIds, lane, answer }));
  }
}

class Handler implements CommitHandler {
  readonly told = new Set<Room>();
  readonly stored: Room[] = [];
  readonly givenBack: Room[] = [];

  settled(room: Room): () => void {
    room.overlay.settle();
    return () => void this.stored.push(room);
  }
  unavailable(): void {}
  stalled(rooms: readonly Room[]): void {
    for (const room of rooms) this.told.add(room);
  }
  undelivered(): void {}
  failed(room: Room): void {
    room.giveBack('store_unavailable');
    this.givenBack.push(room);
  }
  broken(_room: Room, error: unknown): void {
    throw error;
  }
}

const STORED: AppendResult = { type: 'stored', fromSeq: 1 };
const LOCKED: AppendResult = { type: 'locked' };

function world() {
  const log = new AskedLog();
  const handler = new Handler();
  const committers = new Committers(log, 1, handler, NO_OBSERVER);
  let documents = 0;
  const newRoom = () => new Room(`d${++documents}`, 'p', 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);
  /** Something waits in the room for its commit. */
  const edit = (room: Room) => {
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'x');
    const update = decodeUpdate(Y.encodeStateAsUpdate(doc), 'text');
    if (typeof update === 'string') throw new Error(update);
    const identity = { id: 'ada', name: 'Ada', color: '#000', colorLight: '#000' };
    const session = new RoomSession({ write: () => true }, identity, 'editor', undefined, 1);
    room.overlay.push({ session, update, provenance: undefined, answer: () => undefined });
    committers.schedule(room);
  };
  const isAsked = (times: number) => eventually(`${times} statements`, () => log.asked.length === times);
  return { log, handler, committers, newRoom, edit, isAsked };
}

describe('Committers', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('F12: who waits behind a statement that is late is told, and who comes then', async () => {
    const { log, handler, newRoom, edit, isAsked } = world();
    const [late, behind, after] = [newRoom(), newRoom(), newRoom()];
    edit(late);
    await isAsked(1);
    edit(behind);
    await eventually('both are told', () => handler.told.has(late) && handler.told.has(behind));
    edit(after);
    expect(handler.told.has(after)).toBe(true);
    log.asked[0]!.answer([STORED]);
    await isAsked(2);
    expect(log.asked[1]!.documentIds).toEqual([behind.documentId, after.documentId]);
    log.asked[1]!.answer([STORED, STORED]);
    await eventually('all is stored', () => handler.stored.length === 3);
    const soon = newRoom();
    edit(soon);
    expect(handler.told.has(soon)).toBe(false);
    await isAsked(3);
    log.asked[2]!.answer([STORED]);
  });

  it('D7: a document that somebody else holds is written apart, and keeps no other waiting', async () => {
    const { log, handler, committers, newRoom, edit, isAsked } = world();
    const [held, free] = [newRoom(), newRoom()];
    edit(held);
    edit(free);
    await isAsked(1);
    log.asked[0]!.answer([LOCKED, STORED]);
    await isAsked(2);
    expect(log.asked[1]).toMatchObject({ documentIds: [held.documentId], lane: 1 });
    edit(held);
    edit(free);
    await isAsked(3);
    expect(log.asked[2]).toMatchObject({ documentIds: [free.documentId], lane: 0 });
    log.asked[2]!.answer([STORED]);
    await eventually('the free one is stored', () => handler.stored.length === 2);
    log.asked[1]!.answer([LOCKED]);
    await isAsked(4);
    expect(log.asked[3]!.lane).toBe(1);
    log.asked[3]!.answer([STORED]);
    await eventually('both are stored', () => handler.stored.includes(held));
    expect(held.overlay.isEmpty).toBe(true);
    edit(held);
    await isAsked(5);
    expect(log.asked[4]!.lane).toBe(0);
    log.asked[4]!.answer([STORED]);
    await eventually('nothing is under way', () => committers.isIdle);
    expect(handler.givenBack).toEqual([]);
  });

  it('V6: waiting for it comes to an end', async () => {
    const { log, handler, committers, newRoom, edit } = world();
    const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    // In turns of the event loop: the clock stands still.
    const until = async (is: () => boolean) => {
      while (!is()) await new Promise(setImmediate);
    };
    const held = newRoom();
    edit(held);
    await until(() => log.asked.length === 1);
    log.asked[0]!.answer([LOCKED]);
    await until(() => log.asked.length === 2);
    now.mockReturnValue(17_000);
    log.asked[1]!.answer([LOCKED]);
    await until(() => handler.givenBack.includes(held));
    expect(held.overlay.isEmpty).toBe(true);
    await until(() => committers.isIdle);
    expect(log.asked).toHaveLength(2);
  });
});
