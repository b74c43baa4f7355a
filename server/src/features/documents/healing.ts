import type { Logger } from 'pino';
import type { Compactor } from '../../core/document/compactor.js';
import type { Quarantine, SetAside } from '../../core/document/quarantine.js';
import type { Room } from '../../core/document/room/room.js';
import { RoomDamage } from '../../core/document/room/room-damage.js';
import type { AppendRow, Damage, DocumentHead, UpdateLog } from '../../core/document/update-log.js';
import { inTurns } from '../../platform/long-work.js';
import type { LoadedRoom } from './loaded-room.js';
import type { RoomObserver } from './room-observer.js';
import type { StoredComparison } from './stored-comparison.js';

export interface HealingActions {
  /** Reads what the log holds beyond the room's state and shows it. */
  catchUp(room: Room): Promise<void>;
  /** Gives the room up; its editors open the document again. */
  reload(room: Room): void;
}

/** After an attempt that failed, in milliseconds. */
const RETRY_MS = { first: 1_000, longest: 60_000 };
/** After one that has to wait for editors: so many times as long as it took. */
const PAUSE_FACTOR = 20;
/** Of one log line. */
const MAX_NAMED = 20;
/** Any committer's connection will do: it is rare. The documents of that committer wait for one batch at most. */
const LANE = 0;
const BATCH = { rows: 1024, bytes: 1024 * 1024 };

/**
 * Documents of which something stored cannot be used (decision 010). It is set aside and the document is flagged; every node
 * that has it open sees the flag and does what it can:
 *
 *     room is whole       -> a snapshot of its state, read back and compared, takes the place of what is damaged
 *     room lacks edits    -> stores sound rows again when what they build on came back from its editors; then as above
 *     flag is gone again  -> a room that lacks edits is read anew
 */
export class Healing {
  private readonly queue = new Set<Room>();
  private readonly retries = new WeakMap<Room, { notBefore: number; pause: number }>();
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly log: UpdateLog,
    private readonly quarantine: Quarantine,
    private readonly compactor: Compactor,
    private readonly comparison: StoredComparison,
    private readonly actions: HealingActions,
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
  ) {}

  /** To be awaited before anybody is let into a room that was loaded from what is or was damaged. Rejects with StoreUnavailable. */
  async loaded({ room, damage, isHollow, isBaseLost }: LoadedRoom): Promise<void> {
    const { documentId, state } = room;
    const aside = await this.report(documentId, damage);
    const owners = await this.quarantine.owners(documentId);
    const lacks = new RoomDamage(aside, state, isHollow, isBaseLost, owners);
    await inTurns(lacks.settling());
    if (lacks.isHealed) return;
    // Who may bring what back is asked of the room at once.
    for (const [clientId, userId] of owners) room.clientIds.bind(clientId, userId);
    room.damage = lacks;
  }

  /** The log was found damaged beside a room that is whole. */
  async found(room: Room, damage: readonly Damage[]): Promise<void> {
    await this.report(room.documentId, damage);
    if (!room.damage) this.schedule(room);
  }

  /** Told once a second where the document stands. */
  observe(room: Room, head: DocumentHead): void {
    if (head.epoch !== room.epoch) return;
    if (head.isDamaged) this.schedule(room);
    else if (room.damage) this.actions.reload(room);
  }

  /** Resolves when what is under way has ended; starts nothing more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.queue.clear();
    await this.running;
  }

  /** Resolves when all that is due now was tried. */
  async whenIdle(): Promise<void> {
    await this.running;
  }

  private async report(documentId: string, damage: readonly Damage[]): Promise<SetAside> {
    const aside = await this.quarantine.setAside(documentId, damage);
    // Said once, and not at every open of a document that stays damaged.
    if (aside.recorded > 0) {
      this.observer.quarantined(aside.recorded);
      const named = damage.slice(0, MAX_NAMED);
      this.logger.error(
        { documentId, parts: damage.length, damage: named },
        'parts of a stored document are set aside',
      );
    }
    return aside;
  }

  private schedule(room: Room): void {
    const retry = this.retries.get(room);
    if (this.isStopped || (retry && performance.now() < retry.notBefore)) return;
    this.queue.add(room);
    this.running ??= this.run().finally(() => {
      this.running = undefined;
    });
  }

  private async run(): Promise<void> {
    for (const room of this.queue) {
      const began = performance.now();
      try {
        if (await this.heal(room)) this.retries.delete(room);
        else this.postpone(room, (performance.now() - began) * PAUSE_FACTOR);
      } catch (error) {
        const pause = (this.retries.get(room)?.pause ?? RETRY_MS.first / 2) * 2;
        this.postpone(room, Math.min(pause, RETRY_MS.longest));
        this.logger.warn({ err: error, documentId: room.documentId }, 'a damaged document could not be healed yet');
      }
      this.queue.delete(room);
    }
  }

  private postpone(room: Room, pause: number): void {
    this.retries.set(room, { notBefore: performance.now() + pause, pause });
  }

  /** Whether it is healed; false when something has to come back first. */
  private async heal(room: Room): Promise<boolean> {
    if (room.damage && !(await this.bringBack(room, room.damage))) return false;
    room.damage = undefined;
    const { documentId, kind, epoch, state } = room;
    const { mark } = await this.quarantine.setAside(documentId, []);
    await this.actions.catchUp(room);
    const head = (await this.log.heads([documentId])).get(documentId);
    if (!head?.isDamaged || head.epoch !== epoch) return true;
    const { snapshot } = await this.compactor.compact(state.encode(), kind, state.seq);
    if (!(await this.log.saveSnapshot(documentId, snapshot, head.snapshotSeq, epoch))) {
      throw new Error('another node has moved the loading pointer meanwhile');
    }
    // Trusted when it was read back.
    const verdict = await this.comparison.judge(room, 'judged');
    if (verdict.type !== 'same') throw new Error(`what was stored reads back ${verdict.type}`);
    await this.quarantine.healed(documentId, mark);
    this.observer.healed();
    this.logger.info({ documentId, seq: snapshot.seq }, 'a damaged document is whole again');
    return true;
  }

  /** Stores rows again that the room can take by now. Whether nothing is missing any more. */
  private async bringBack(room: Room, damage: RoomDamage): Promise<boolean> {
    const rows = await inTurns(damage.applying());
    try {
      for (const batch of batchesOf(rows)) await this.store(room, batch);
    } catch (error) {
      damage.tryAgain();
      throw error;
    }
    await inTurns(damage.settling());
    return damage.isHealed;
  }

  private async store(room: Room, rows: readonly AppendRow[]): Promise<void> {
    const { documentId, epoch, accessVersion, state } = room;
    const [result] = await this.log.append([{ documentId, epoch, accessVersion, after: state.seq, rows }], LANE);
    if (result?.type !== 'stored') throw new Error(`what came back could not be stored: ${result?.type}`);
    await this.actions.catchUp(room);
  }
}

/** Each builds on nothing that comes after it. */
function* batchesOf(rows: readonly AppendRow[]): Generator<readonly AppendRow[]> {
  for (let from = 0, to = 0; from < rows.length; from = to) {
    for (let bytes = 0; to < rows.length && to - from < BATCH.rows && bytes < BATCH.bytes; to++) {
      bytes += rows[to]!.bytes.length;
    }
    yield rows.slice(from, to);
  }
}
