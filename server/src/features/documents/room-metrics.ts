import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Room } from '../../core/document/room/room.js';
import type { RoomObserver } from './room-observer.js';

/** What operators see of the rooms of a node. What stands in the rooms is counted when somebody asks, not before. */
export class RoomMetrics implements RoomObserver {
  private admittedEdits = 0;
  private readonly commitSeconds: Histogram;
  private readonly commitRows: Histogram;
  private readonly loadSeconds: Histogram;
  private readonly compactionSeconds: Histogram;
  private readonly resyncs: Counter;
  private readonly quarantinedParts: Counter;
  private readonly healedDocuments: Counter;
  private readonly divergences: Counter;

  constructor(private readonly registry: Registry) {
    const metrics = this;
    const registers = [registry];
    new Counter({
      name: 'tandem_edits_admitted_total',
      help: 'Edits that were taken and sent to the log; repeats of known ones are none',
      registers,
      collect() {
        this.reset();
        this.inc(metrics.admittedEdits);
      },
    });
    this.commitSeconds = new Histogram({
      name: 'tandem_commit_batch_seconds',
      help: 'Time until the log has answered a batch of edits; its count is the number of batches',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    });
    this.commitRows = new Histogram({
      name: 'tandem_commit_batch_rows',
      help: 'Edits that a batch stored; its sum is the number of committed rows',
      buckets: [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
      registers,
    });
    this.loadSeconds = new Histogram({
      name: 'tandem_document_load_seconds',
      help: 'Time to read a document from the log and open its room; its count is the number of loaded documents',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    });
    this.compactionSeconds = new Histogram({
      name: 'tandem_document_compaction_seconds',
      help: 'Time to make and store a snapshot; its count is the number of compactions',
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
      registers,
    });
    this.quarantinedParts = new Counter({
      name: 'tandem_document_quarantined_total',
      help: 'Stored updates and snapshots that could not be used and were set aside: somebody should look at the disk',
      registers,
    });
    this.healedDocuments = new Counter({
      name: 'tandem_document_healed_total',
      help: 'Documents that are whole again after something of them was set aside',
      registers,
    });
    this.divergences = new Counter({
      name: 'tandem_document_divergences_total',
      help: 'Documents in memory that were not what the log holds, and were read anew',
      registers,
    });
    this.resyncs = new Counter({
      name: 'tandem_room_resyncs_total',
      help: 'Readers that had fallen behind, or took a large document in pieces, and got what they lacked at once',
      registers,
    });
  }

  /** Shows how full the rooms are. */
  watch(rooms: Iterable<Room>): void {
    this.gauge('tandem_room_open_rooms', 'Documents that are in memory', rooms, () => 1);
    this.gauge('tandem_room_sessions', 'Editors in rooms; one may be in several', rooms, (room) => room.sessions.size);
    this.gauge('tandem_room_waiting_bytes', 'Bytes of edits not committed yet', rooms, (room) => room.overlay.bytes);
  }

  /** Shows who waits for his turn at opening a document. */
  watchOpens(queue: { readonly waiting: number }): void {
    new Gauge({
      name: 'tandem_document_opens_waiting',
      help: 'Opens of documents that wait for their turn',
      registers: [this.registry],
      collect() {
        this.set(queue.waiting);
      },
    });
  }

  admitted(): void {
    this.admittedEdits++;
  }

  committed(rows: number, seconds: number): void {
    this.commitSeconds.observe(seconds);
    this.commitRows.observe(rows);
  }

  loaded(seconds: number): void {
    this.loadSeconds.observe(seconds);
  }

  compacted(seconds: number): void {
    this.compactionSeconds.observe(seconds);
  }

  resynced(): void {
    this.resyncs.inc();
  }

  quarantined(parts: number): void {
    this.quarantinedParts.inc(parts);
  }

  healed(): void {
    this.healedDocuments.inc();
  }

  diverged(): void {
    this.divergences.inc();
  }

  private gauge(name: string, help: string, rooms: Iterable<Room>, of: (room: Room) => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        let sum = 0;
        for (const room of rooms) sum += of(room);
        this.set(sum);
      },
    });
  }
}
