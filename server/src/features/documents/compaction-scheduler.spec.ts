import { describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { pino } from 'pino';
import * as Y from 'yjs';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { type Compaction, Compactor } from '../../core/document/compactor.js';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { RoomDamage } from '../../core/document/room/room-damage.js';
import { encodeSnapshot } from '../../core/document/snapshot-codec.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import { chunksOf } from '../../core/document/update/decoded-update.js';
import { IdRanges } from '../../core/document/update/id-ranges.js';
import { StoreUnavailable } from '../../core/document/update-log.js';
import { CompactionScheduler } from './compaction-scheduler.js';
import { NO_OBSERVER } from './room-observer.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';
const PROJECT = '00000000-0000-4000-8000-0000000000f1';

class FailingCompactor extends Compactor {
  attempts = 0;
  error: Error | undefined = new Error('compaction lost ids');

  override async compact(update: Uint8Array, kind: 'text' | 'free', seq: number): Promise<Compaction> {
    this.attempts++;
    if (this.error) throw this.error;
    const decoded = decodeUpdate(update, kind);
    if (typeof decoded === 'string') throw new Error(decoded);
    const runs = [...chunksOf(update, decoded.blocks)];
    return { snapshot: encodeSnapshot({ seq, runs, deletes: decoded.deletes }), moreDeletes: IdRanges.NONE };
  }
  override async textOf(): Promise<string> {
    throw new Error('not asked for');
  }
  override async encodeText(): Promise<never> {
    throw new Error('not asked for');
  }
  override async close(): Promise<void> {}
}

function world(restMs = 0, bytes = 1e9) {
  const log = new MemoryUpdateLog();
  log.create(DOCUMENT, PROJECT);
  const compactor = new FailingCompactor();
  const logger = pino({ level: 'silent' });
  const scheduler = new CompactionScheduler(log, compactor, { rows: 5, bytes, restMs }, logger, NO_OBSERVER);
  const room = new Room(DOCUMENT, PROJECT, 'text', DocumentState.empty('text'), 1, 1, DEFAULT_LIMITS);
  const doc = new Y.Doc();
  let newest: Uint8Array;
  doc.on('update', (update: Uint8Array) => {
    newest = update;
  });
  /** One more row, and what the server does after each. */
  const edit = async () => {
    doc.getText('content').insert(0, 'x');
    await log.append(
      [
        {
          documentId: DOCUMENT,
          epoch: 1,
          accessVersion: 1,
          rows: [{ userId: 'ada', bytes: newest, provenance: undefined }],
        },
      ],
      0,
    );
    const update = decodeUpdate(newest, 'text');
    if (typeof update === 'string') throw new Error(update);
    room.appendRow(update);
    scheduler.consider(room);
    await scheduler.whenIdle();
  };
  return { compactor, scheduler, room, edit };
}

describe('CompactionScheduler', () => {
  it('D7: tries a document that cannot be compacted less and less often', async () => {
    const { compactor, scheduler, room, edit } = world();
    for (let i = 0; i < 100; i++) await edit();
    // At 5, 10, 20, 40 and 80 rows.
    expect(compactor.attempts).toBe(5);
    for (let i = 0; i < 10; i++) {
      scheduler.consider(room);
      await scheduler.whenIdle();
    }
    expect(compactor.attempts).toBe(5);
  });

  it('goes on as before once it worked again', async () => {
    const { compactor, room, edit } = world();
    for (let i = 0; i < 7; i++) await edit();
    compactor.error = undefined;
    for (let i = 0; i < 3; i++) await edit();
    expect(room.state.compactedSeq).toBe(10);
    for (let i = 0; i < 5; i++) await edit();
    expect(room.state.compactedSeq).toBe(15);
    expect(compactor.attempts).toBe(3);
  });

  it('lets a document that is typed in rest, until its tail is long', async () => {
    const { compactor, room, edit } = world(60_000);
    compactor.error = undefined;
    for (let i = 0; i < 5 + 5 * 64 - 1; i++) await edit();
    expect(room.state.compactedSeq).toBe(5);
    await edit();
    expect(room.state.compactedSeq).toBe(5 + 5 * 64);
  });

  it('a tail of few rows that are large does not rest for long either', async () => {
    const { compactor, room, edit } = world(60_000, 1);
    compactor.error = undefined;
    await edit();
    expect(room.state.compactedSeq).toBe(1);
    while (room.state.compactedSeq === 1) await edit();
    // Each row is some 20 bytes, and 64 make it so.
    expect(room.state.compactedSeq).toBeLessThan(10);
  });

  it('D2: leaves a document alone that lacks edits, until it is whole again', async () => {
    const { compactor, room, edit } = world();
    compactor.error = undefined;
    room.damage = new RoomDamage({ rows: [], mark: 0, recorded: 0 }, room.state, true);
    for (let i = 0; i < 10; i++) await edit();
    expect(compactor.attempts).toBe(0);
    room.damage = undefined;
    await edit();
    expect(room.state.compactedSeq).toBe(11);
  });

  it('does not hold an outage of the database against a document', async () => {
    const { compactor, room, edit } = world();
    compactor.error = new StoreUnavailable('away');
    for (let i = 0; i < 6; i++) await edit();
    compactor.error = undefined;
    await edit();
    expect(room.state.compactedSeq).toBe(7);
  });
});
