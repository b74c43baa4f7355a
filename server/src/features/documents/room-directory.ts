import { type Limits, TandemError } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { Room } from '../../core/document/room/room.js';
import { StoredDataCorrupt, StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import { retryLater } from '../../core/limits/retry-later.js';
import { AdmissionGate } from '../../platform/limits/admission-gate.js';
import { type LoadedRoom, roomFrom } from './loaded-room.js';
import type { RoomCapacity } from './room-capacity.js';
import { RoomMemory } from './room-memory.js';
import { type RoomObserver, secondsSince } from './room-observer.js';

/** How long a document waits to be read, in milliseconds, and who is sent away before he comes back. */
const LOAD_PATIENCE_MS = 10_000;
const COME_BACK_MS = 1000;

/** The open documents of this node. */
export class RoomDirectory {
  private readonly rooms = new Map<string, Room>();
  private readonly loads = new Map<string, Promise<Room>>();
  /** When a room was last seen without anybody in it, in `performance.now()`. */
  private readonly idleSince = new Map<Room, number>();
  private readonly watches = new Map<Room, () => void>();
  private readonly memory: RoomMemory;
  private readonly gate: AdmissionGate<string>;

  constructor(
    private readonly log: UpdateLog,
    private readonly limits: Limits,
    capacity: Pick<RoomCapacity, 'loadsAtOnce' | 'openDocumentBytes' | 'opensWaiting'>,
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
    private readonly neighbours: {
      /** What other nodes tell of the document is wanted from before it is read; the returned call ends that. */
      watch(documentId: string): () => void;
      /** It was read; awaited before anybody is let in. `isFlagged`: something of it was set aside before. */
      read(loaded: LoadedRoom, isFlagged: boolean): Promise<void>;
      /** The room is there: what comes now is heard. */
      loaded(documentId: string): void;
      /** Nobody was in it for a while: it is out of memory. */
      unloaded(room: Room): void;
    },
  ) {
    const { loadsAtOnce: slots, opensWaiting: waiting } = capacity;
    this.memory = new RoomMemory(capacity.openDocumentBytes);
    this.gate = new AdmissionGate({ slots, waiting, patienceMs: LOAD_PATIENCE_MS });
  }

  get size(): number {
    return this.rooms.size;
  }

  [Symbol.iterator](): IterableIterator<Room> {
    return this.rooms.values();
  }

  /** The room if it is open here. */
  get(documentId: string): Room | undefined {
    return this.rooms.get(documentId);
  }

  /**
   * Opens it if need be, once for all who ask. Rejects with TandemError `not_found`, `store_unavailable`, or `overloaded` when
   * there is no memory for a further one.
   */
  async open(documentId: string): Promise<Room> {
    const room = this.rooms.get(documentId);
    if (room) return room;
    let load = this.loads.get(documentId);
    if (!load) {
      load = this.load(documentId).finally(() => this.loads.delete(documentId));
      this.loads.set(documentId, load);
    }
    return load;
  }

  /** Forgets the room, so that the next open reads the log again. Its sessions are the caller's to close. */
  evict(room: Room): void {
    if (this.rooms.get(room.documentId) === room) {
      this.rooms.delete(room.documentId);
      this.memory.removed(room);
    }
    this.idleSince.delete(room);
    this.watches.get(room)?.();
    this.watches.delete(room);
  }

  /** Forgets rooms that nobody has been in for `idleMs`. */
  evictIdle(now: number, idleMs: number): void {
    for (const room of this.rooms.values()) {
      if (room.sessions.size > 0 || !room.overlay.isEmpty) this.idleSince.delete(room);
      else if (!this.idleSince.has(room)) this.idleSince.set(room, now);
      else if (now - this.idleSince.get(room)! >= idleMs) {
        this.evict(room);
        this.neighbours.unloaded(room);
      }
    }
    this.memory.recount(this.rooms.values());
    this.makeRoom();
  }

  /** More in memory than there may be: rooms that nobody is in go, the longest idle first. */
  private makeRoom(): void {
    if (!this.memory.isFull) return;
    const idle = [...this.rooms.values()].filter((room) => room.sessions.size === 0 && room.overlay.isEmpty);
    const since = (room: Room) => this.idleSince.get(room) ?? Number.POSITIVE_INFINITY;
    for (const room of idle.sort((a, b) => since(a) - since(b))) {
      if (!this.memory.isFull) return;
      this.evict(room);
      this.neighbours.unloaded(room);
    }
  }

  private async load(documentId: string): Promise<Room> {
    const leave = await this.gate.enter(documentId);
    try {
      this.makeRoom();
      if (this.memory.isFull) throw retryLater('overloaded', COME_BACK_MS, Math.random());
      return await this.read(documentId);
    } finally {
      leave();
    }
  }

  private async read(documentId: string): Promise<Room> {
    const began = performance.now();
    const endWatch = this.neighbours.watch(documentId);
    try {
      const stored = await this.log.load(documentId);
      if (!stored) throw new TandemError('not_found');
      const loaded = await roomFrom(documentId, stored, this.limits);
      await this.neighbours.read(loaded, stored.isDamaged);
      const { room } = loaded;
      this.rooms.set(documentId, room);
      this.memory.added(room);
      this.watches.set(room, endWatch);
      this.neighbours.loaded(documentId);
      this.observer.loaded(secondsSince(began));
      return room;
    } catch (error) {
      endWatch();
      if (error instanceof TandemError) throw error;
      if (!(error instanceof StoreUnavailable) && !(error instanceof StoredDataCorrupt)) throw error;
      // Never an empty document in place of one that could not be read (D2).
      this.logger.error({ err: error, documentId }, 'the document could not be loaded');
      throw retryLater('store_unavailable', COME_BACK_MS, Math.random());
    }
  }
}
