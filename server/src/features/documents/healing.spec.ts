import { describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { pino } from 'pino';
import * as Y from 'yjs';
import { MemoryQuarantine } from '../../adapters/memory/memory-quarantine.js';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { RoomDamage } from '../../core/document/room/room-damage.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import { type AppendBatch, type AppendResult, StoreUnavailable } from '../../core/document/update-log.js';
import { SimulatedCompactor } from '../../testing/simulation/simulated-compactor.js';
import { Healing } from './healing.js';
import { NO_OBSERVER } from './room-observer.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';

class CountingLog extends MemoryUpdateLog {
  readonly batches: number[] = [];
  readonly failures: (Error | AppendResult)[] = [];

  override async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const failure = this.failures.shift();
    if (failure instanceof Error) throw failure;
    if (failure) return [failure];
    this.batches.push(...batches.map(({ rows }) => rows.length));
    return super.append(batches, lane);
  }
}

function apply(room: Room, bytes: Uint8Array): void {
  const update = decodeUpdate(bytes, 'text');
  if (typeof update === 'string') throw new Error(update);
  room.appendRow(update);
}

/** A room of which the first row had been lost and is back, and all that builds on it waits. */
async function waiting(words: number, size = 1) {
  const log = new CountingLog();
  log.create(DOCUMENT, 'project');
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => void updates.push(update));
  for (let i = 0; i < words; i++) doc.getText('content').insert(doc.getText('content').length, 'x'.repeat(size));
  const rows = updates.map((bytes, index) => ({ seq: index + 1, userId: 'ada', bytes, provenance: undefined }));
  const room = new Room(DOCUMENT, 'project', 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);
  await log.append([{ documentId: DOCUMENT, epoch: 1, accessVersion: 1, rows: rows.slice(0, 1) }], 0);
  apply(room, updates[0]!);
  room.damage = new RoomDamage({ rows: rows.slice(1), mark: 0, recorded: 0 }, room.state, false);
  log.documents.get(DOCUMENT)!.isDamaged = true;
  log.batches.length = 0;
  const catchUp = async () => {
    for (const { bytes } of await log.rowsAfter(DOCUMENT, room.state.seq)) apply(room, bytes);
  };
  const healing = new Healing(
    log,
    new MemoryQuarantine(log),
    new SimulatedCompactor(0),
    { judge: async () => ({ type: 'same' }) } as never,
    { catchUp, reload: () => undefined },
    pino({ level: 'silent' }),
    NO_OBSERVER,
  );
  const look = async () => {
    healing.observe(room, (await log.heads([DOCUMENT])).get(DOCUMENT)!);
    await healing.whenIdle();
  };
  return { log, room, doc, look };
}

function textOf(room: Room): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, room.state.encode());
  return doc.getText('content').toString();
}

describe('Healing', () => {
  it('D7: stores what comes back in batches, in its order', async () => {
    const { log, room, doc, look } = await waiting(2_500);
    await look();
    expect(log.batches).toEqual([1024, 1024, 451]);
    expect(textOf(room)).toBe(doc.getText('content').toString());
    expect([room.damage, log.documents.get(DOCUMENT)!.isDamaged]).toEqual([undefined, false]);
  });

  it('D7: by bytes as well', async () => {
    const { log, look } = await waiting(6, 400_000);
    await look();
    expect(log.batches).toEqual([3, 2]);
  });

  it.each<[string, Error | AppendResult]>([
    ['the database is away', new StoreUnavailable('away')],
    ['somebody else holds the document', { type: 'locked' }],
    ['rights have moved', { type: 'fenced', epoch: 1, accessVersion: 2 }],
  ])('tries again when %s', async (_what, failure) => {
    const { log, room, doc, look } = await waiting(1_500);
    const now = jest.spyOn(performance, 'now');
    try {
      now.mockReturnValue(0);
      log.failures.push(failure);
      await look();
      expect(room.damage).toBeDefined();
      now.mockReturnValue(60_000);
      await look();
      expect(room.damage).toBeUndefined();
      expect(textOf(room)).toBe(doc.getText('content').toString());
    } finally {
      now.mockRestore();
    }
  });
});
