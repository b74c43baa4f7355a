import type { FactoryProvider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { PostgresPastDocuments } from '../adapters/postgres/history/past-documents.js';
import { PostgresResets } from '../adapters/postgres/history/resets.js';
import { PostgresRetentionStore } from '../adapters/postgres/history/retention-store.js';
import { PostgresVersions } from '../adapters/postgres/history/versions.js';
import { WorkerHistory } from '../adapters/worker/worker-history.js';
import type { AppConfig } from '../config/app-config.js';
import { HistoryWork } from '../core/history/history-work.js';
import { PastDocuments } from '../core/history/past-documents.js';
import { Resets } from '../core/history/resets.js';
import { RetentionStore } from '../core/history/retention-store.js';
import { Versions } from '../core/history/versions.js';
import { bind } from './bind.js';

/** What documents were, and what is kept of it. */
export function historyBindings(config: AppConfig): FactoryProvider[] {
  return [
    bind(PastDocuments, [DataSource], (db: DataSource) => new PostgresPastDocuments(db)),
    bind(Versions, [DataSource], (db: DataSource) => new PostgresVersions(db)),
    bind(Resets, [DataSource], (db: DataSource) => new PostgresResets(db)),
    bind(RetentionStore, [DataSource], (db: DataSource) => new PostgresRetentionStore(db, config)),
    bind(HistoryWork, [], () => new WorkerHistory()),
  ];
}
