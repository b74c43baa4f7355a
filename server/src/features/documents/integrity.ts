import type { Logger } from 'pino';
import type { Compactor } from '../../core/document/compactor.js';
import type { DocumentDigests } from '../../core/document/document-digests.js';
import type { Quarantine } from '../../core/document/quarantine.js';
import type { Room } from '../../core/document/room/room.js';
import { StoredDataCorrupt, type UpdateLog } from '../../core/document/update-log.js';
import type { CommitSettlement } from './commit-settlement.js';
import { DigestCheck } from './digest-check.js';
import type { Look } from './head-watch.js';
import { Healing } from './healing.js';
import type { LoadedRoom } from './loaded-room.js';
import type { RoomObserver } from './room-observer.js';
import { StoredComparison } from './stored-comparison.js';

interface IntegrityPorts {
  readonly log: UpdateLog;
  readonly quarantine: Quarantine;
  readonly digests: DocumentDigests;
  readonly compactor: Compactor;
  readonly logger: Logger;
  readonly observer: RoomObserver;
}

/** That what is stored is what was stored, and that rooms have what is stored. */
export class Integrity {
  readonly healing: Healing;
  readonly digests: DigestCheck;

  constructor(
    { log, quarantine, digests, compactor, logger, observer }: IntegrityPorts,
    rooms: Iterable<Room>,
    private readonly settlement: Pick<CommitSettlement, 'catchUp' | 'reload' | 'broken' | 'observe'>,
  ) {
    const comparison = new StoredComparison(log, digests);
    const differs = (room: Room, error: Error) => settlement.broken(room, error);
    this.healing = new Healing(log, quarantine, compactor, comparison, settlement, logger, observer);
    const damaged: Healing['found'] = (room, damage) => this.healing.found(room, damage);
    this.digests = new DigestCheck(rooms, comparison, { differs, damaged }, logger, observer);
  }

  start(): void {
    this.digests.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.digests.stop(), this.healing.stop()]);
  }

  /** Before anybody is let in. Rejects with StoreUnavailable. */
  async loaded(loaded: LoadedRoom, isFlagged: boolean): Promise<void> {
    if (isFlagged || loaded.damage.length > 0) await this.healing.loaded(loaded);
  }

  /** What follows from where the log says that a room's document stands. */
  async observe(room: Room, look: Look): Promise<void> {
    const { head } = look;
    try {
      await this.settlement.observe(room, look);
      if (head) this.healing.observe(room, head);
    } catch (error) {
      if (!(error instanceof StoredDataCorrupt)) throw error;
      // Of rows that cannot be used the load knows what to do; a room that waits for them would stand still.
      this.settlement.broken(room, error);
    }
  }
}
