import { describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { pino } from 'pino';
import * as Y from 'yjs';
import { MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { Compactor } from '../../core/document/compactor.js';
import { DocumentState } from '../../core/document/document-state.js';
import { Room } from '../../core/document/room/room.js';
import { decodeUpdate } from '../../core/document/update/decode-update.js';
import { chunksOf } from '../../core/document/update/decoded-update.js';
import { type StoredSnapshot, StoreUnavailable } from '../../core/document/update-log.js';
import { CompactionScheduler } from './compaction-scheduler.js';
import { NO_OBSERVER } from './room-observer.js';

const DOCUMENT = '00000000-0000-4000-8000-0000000000d1';
const PROJECT = '00000000-0000-4000-8000-0000000000f1';

class FailingCompactor extends Compactor {
  attempts = 0;
  error: Error | undefined = new Error('compaction lost ids');

  override async compact(update: Uint8Array, kind: 'text' | 'free', seq: number): Promise<StoredSnapshot> {
    this.attempts++;
    if (this.error) throw this.error;
    const decoded = decodeUpdate(update, kind);
    if (typeof decoded === 'string') throw new Error(decoded);
    return { seq, runs: [...chunksOf(update, decoded.blocks)], deletes: decoded.deletes };
  }
  override async textOf(): Promise<string> {
    throw new Error('not asked for');
  }
  override async encodeText(): Promise<never> {
    throw new Error('not asked for');
  }
  override async close(): Promise<void> {}
}

function world() {
  const log = new MemoryUpdateLog();
  log.create(DOCUMENT, PROJECT);
  const compactor = new FailingCompactor();
  const logger = pino({ level: 'silent' });
  const scheduler = new CompactionScheduler(log, compactor, { rows: 5, bytes: 1e9 }, logger, NO_OBSERVER);
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

  it('does not hold an outage of the database against a document', async () => {
    const { compactor, room, edit } = world();
    compactor.error = new StoreUnavailable('away');
    for (let i = 0; i < 6; i++) await edit();
    compactor.error = undefined;
    await edit();
    expect(room.state.compactedSeq).toBe(7);
  });
});
