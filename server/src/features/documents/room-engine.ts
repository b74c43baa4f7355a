import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Limits } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { Changes } from '../../core/access/changes.js';
import type { Memberships } from '../../core/access/memberships.js';
import type { Nodes } from '../../core/cluster/nodes.js';
import type { Compactor } from '../../core/document/compactor.js';
import type { DocumentDigests } from '../../core/document/document-digests.js';
import type { Quarantine } from '../../core/document/quarantine.js';
import type { Room } from '../../core/document/room/room.js';
import type { CommittedEdits, RoomBus, RoomNews } from '../../core/document/room-bus.js';
import type { RoomFrames } from '../../core/document/room-frames.js';
import type { UpdateLog } from '../../core/document/update-log.js';
import { CommitSettlement } from './commit-settlement.js';
import { Committers } from './committers.js';
import { CompactionScheduler } from './compaction-scheduler.js';
import { CursorExchange } from './cursor-exchange.js';
import { DocumentCompanions } from './document-companions.js';
import { EditingFlow } from './editing-flow.js';
import { HeadWatch } from './head-watch.js';
import { Integrity } from './integrity.js';
import { RightsWatcher } from './rights-watcher.js';
import { RoomBroadcast } from './room-broadcast.js';
import type { RoomCapacity } from './room-capacity.js';
import { RoomDirectory } from './room-directory.js';
import { RoomHost } from './room-host.js';
import { NO_OBSERVER, type RoomObserver } from './room-observer.js';

export interface RoomEnginePorts {
  readonly log: UpdateLog;
  readonly bus: RoomBus;
  readonly nodes: Nodes;
  readonly compactor: Compactor;
  readonly quarantine: Quarantine;
  readonly digests: DocumentDigests;
  readonly memberships: Memberships;
  readonly changes: Changes;
  readonly frames: RoomFrames;
  readonly logger: Logger;
  readonly observer?: RoomObserver;
}

export interface RoomEngineSettings {
  readonly limits: Limits;
  /** 1 to 8 writers to the log. */
  readonly committers: number;
  /** Rows and bytes after the snapshot that make compaction due. */
  readonly compactRows: number;
  readonly compactBytes: number;
  readonly capacity: RoomCapacity;
  /** This run of the process, among the nodes; one of its own when absent. */
  readonly node?: string;
}

const SWEEP_MS = 5_000;
/** How long a document rests between two compactions, however much is typed in it. */
const REST_MS = 30_000;
/** How long a document that nobody has open stays in memory. */
const IDLE_MS = 30_000;

/** All that keeps the documents of this node: rooms, committers, compaction; started and stopped as one. */
export class RoomEngine {
  readonly rooms: RoomDirectory;
  readonly companions = new DocumentCompanions();
  readonly flow: EditingFlow;
  readonly node: string;
  readonly host: RoomHost;
  readonly compaction: CompactionScheduler;
  readonly integrity: Integrity;
  private readonly settlement: CommitSettlement;
  private readonly committers: Committers;
  private readonly broadcast: RoomBroadcast;
  private readonly rights: RightsWatcher;
  private readonly cursors: CursorExchange;
  private readonly heads: HeadWatch;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly ports: RoomEnginePorts,
    readonly settings: RoomEngineSettings,
  ) {
    const { log, bus, nodes, compactor, memberships, changes, frames, logger, observer = NO_OBSERVER } = ports;
    const { limits, compactRows: rows, compactBytes: bytes } = settings;
    this.node = settings.node ?? randomUUID();
    this.flow = new EditingFlow(settings.capacity);
    const schedule = (room: Room) => this.committers.schedule(room);
    this.rooms = new RoomDirectory(log, limits, settings.capacity, logger, observer, {
      watch: (documentId) => bus.watch(documentId),
      read: (loaded, isFlagged) => this.integrity.loaded(loaded, isFlagged),
      loaded: (documentId) => this.cursors.ask(documentId),
      unloaded: (room) => this.integrity.digests.goes(room),
    });
    this.broadcast = new RoomBroadcast(frames, observer, (room, update) => this.cursors.moved(room, update));
    this.cursors = new CursorExchange(this.node, nodes, bus, this.rooms, this.broadcast, logger);
    this.compaction = new CompactionScheduler(log, compactor, { rows, bytes, restMs: REST_MS }, logger, observer);
    this.settlement = new CommitSettlement(
      log,
      bus,
      memberships,
      this.rooms,
      this.broadcast,
      this.compaction,
      schedule,
      this.companions,
      logger,
    );
    this.committers = new Committers(log, settings.committers, this.settlement, observer);
    this.integrity = new Integrity({ ...ports, observer }, this.rooms, this.settlement);
    this.heads = new HeadWatch(this.rooms, log, (room, look) => this.integrity.observe(room, look), logger);
    this.rights = new RightsWatcher(changes, this.rooms, this.broadcast, () => this.heads.lookAnew());
    this.host = new RoomHost(
      this.rooms,
      log,
      memberships,
      this.broadcast,
      this.settlement,
      (room) => {
        observer.admitted();
        schedule(room);
      },
      this.rights,
      this.heads,
      limits,
    );
  }

  start(): void {
    this.rights.start();
    this.heads.start();
    this.cursors.start();
    this.integrity.start();
    const sweep = setInterval(() => this.sweep(performance.now()), SWEEP_MS);
    sweep.unref();
    this.stops.push(
      () => clearInterval(sweep),
      () => this.rights.stop(),
      this.ports.bus.subscribe((news) => this.hear(news)),
    );
  }

  /** Resolves when every admitted edit was committed or given back, at most after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!this.isAtRest && performance.now() < deadline) await delay(5);
    this.settlement.stop();
  }

  /** Also a room that is held back has edits to answer. */
  private get isAtRest(): boolean {
    return this.committers.isIdle && [...this.rooms].every((room) => room.overlay.isEmpty);
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.splice(0)) stop();
    await Promise.all([this.heads.stop(), this.cursors.stop()]);
    await Promise.all([this.compaction.stop(), this.integrity.stop()]);
  }

  private sweep(now: number): void {
    for (const room of this.rooms) {
      // Each node sees by itself who was not renewed.
      this.broadcast.remoteCursors(room, room.awareness.expire(now));
      this.compaction.consider(room);
    }
    this.rooms.evictIdle(now, IDLE_MS);
  }

  private hear(news: RoomNews): void {
    if (news.type === 'edits') void this.receive(news);
    else this.cursors.receive(news);
  }

  /** Brings the document to where the log says that it stands, if it is open here: after what no room has done. */
  async look(documentId: string): Promise<void> {
    const room = this.rooms.get(documentId);
    if (!room) return;
    const { seq } = room.state;
    const heads = await this.ports.log.heads([documentId]);
    await this.settlement.observe(room, { head: heads.get(documentId), seq, isStale: false });
  }

  /** Another node rang: what is missing here is in the log. */
  private async receive(edits: CommittedEdits): Promise<void> {
    const room = this.rooms.get(edits.documentId);
    if (!room || edits.epoch < room.epoch || edits.seq <= room.state.seq) return;
    const caughtUp = edits.epoch > room.epoch ? this.look(room.documentId) : this.settlement.catchUp(room);
    await caughtUp.catch((error: unknown) => this.cannotCatchUp(room, error));
  }

  private cannotCatchUp({ documentId }: Room, error: unknown): void {
    this.ports.logger.warn({ err: error, documentId }, 'cannot catch up');
  }
}
