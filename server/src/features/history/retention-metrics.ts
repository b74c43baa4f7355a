import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KeptTable } from '../../core/history/retention-store.js';
import type { RetentionObserver } from './retention-pass.js';

/** What operators see of retention. */
export class RetentionMetrics implements RetentionObserver {
  private readonly rows: Counter;
  private readonly unverifiedDocuments: Counter;
  private readonly seconds: Histogram;
  private readonly finishedAt: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.rows = new Counter({
      name: 'tandem_history_deleted_rows_total',
      help: 'Rows that retention deleted, by table',
      labelNames: ['table'],
      registers,
    });
    this.unverifiedDocuments = new Counter({
      name: 'tandem_history_unverified_documents_total',
      help: 'Documents whose history could not be cut, as their rows and snapshots cannot be read or do not agree: look into the log',
      registers,
    });
    this.seconds = new Histogram({
      name: 'tandem_history_pass_seconds',
      help: 'Time of a pass of retention on this node; its count is the number of passes',
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
      registers,
    });
    this.finishedAt = new Gauge({
      name: 'tandem_history_last_pass_timestamp_seconds',
      help: 'When a pass last ended well on this node, as Unix time',
      registers,
    });
  }

  deleted(table: KeptTable, rows: number): void {
    this.rows.inc({ table }, rows);
  }

  unverified(): void {
    this.unverifiedDocuments.inc();
  }

  passed(seconds: number): void {
    this.seconds.observe(seconds);
    this.finishedAt.setToCurrentTime();
  }
}
