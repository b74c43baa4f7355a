import { type Limits, TandemError } from '@tandem/protocol';
import type { Logger } from 'pino';
import type { Room } from '../../core/document/room/room.js';
import { StoredDataCorrupt, StoreUnavailable, type UpdateLog } from '../../core/document/update-log.js';
import { roomFrom } from './loaded-room.js';
import { type RoomObserver, secondsSince } from './room-observer.js';

/** The open documents of this node. */
export class RoomDirectory {
  private readonly rooms = new Map<string, Room>();
  private readonly loads = new Map<string, Promise<Room>>();
  /** When a room was last seen without anybody in it, epoch milliseconds. */
  private readonly idleSince = new Map<Room, number>();
  private readonly watches = new Map<Room, () => void>();

  constructor(
    private readonly log: UpdateLog,
    private readonly limits: Limits,
    private readonly logger: Logger,
    private readonly observer: RoomObserver,
    private readonly neighbours: {
      /** What other nodes tell of the document is wanted from before it is read; the returned call ends that. */
      watch(documentId: string): () => void;
      /** The room is there: what comes now is heard. */
      loaded(documentId: string): void;
    },
  ) {}

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

  /** Opens it if need be, once for all who ask. Rejects with TandemError `not_found` or `store_unavailable`. */
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
    if (this.rooms.get(room.documentId) === room) this.rooms.delete(room.documentId);
    this.idleSince.delete(room);
    this.watches.get(room)?.();
    this.watches.delete(room);
  }

  /** Forgets rooms that nobody has been in for `idleMs`. */
  evictIdle(now: number, idleMs: number): void {
    for (const room of this.rooms.values()) {
      if (room.sessions.size > 0 || !room.overlay.isEmpty) this.idleSince.delete(room);
      else if (!this.idleSince.has(room)) this.idleSince.set(room, now);
      else if (now - this.idleSince.get(room)! >= idleMs) this.evict(room);
    }
  }

  private async load(documentId: string): Promise<Room> {
    const began = performance.now();
    const endWatch = this.neighbours.watch(documentId);
    try {
      const stored = await this.log.load(documentId);
      if (!stored) throw new TandemError('not_found');
      const room = roomFrom(documentId, stored, this.limits);
      this.rooms.set(documentId, room);
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
      throw new TandemError('store_unavailable', undefined, undefined, 1000, 'later');
    }
  }
}
