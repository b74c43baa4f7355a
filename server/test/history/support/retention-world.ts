import { randomUUID } from 'node:crypto';
import type { DocumentKind } from '@tandem/protocol';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import * as Y from 'yjs';
import { PostgresPastDocuments } from '../../../src/adapters/postgres/history/past-documents.js';
import { PostgresResets } from '../../../src/adapters/postgres/history/resets.js';
import { PostgresRetentionStore } from '../../../src/adapters/postgres/history/retention-store.js';
import { PostgresVersions } from '../../../src/adapters/postgres/history/versions.js';
import { PostgresProjects } from '../../../src/adapters/postgres/projects.js';
import { PostgresUpdateLog } from '../../../src/adapters/postgres/update-log/postgres-update-log.js';
import { WorkerHistory } from '../../../src/adapters/worker/worker-history.js';
import { stateOf } from '../../../src/core/document/stored-state.js';
import type { HistoryWork } from '../../../src/core/history/history-work.js';
import type { RetentionStore } from '../../../src/core/history/retention-store.js';
import { Retention, type RetentionSettings } from '../../../src/features/history/retention.js';
import { RetentionMetrics } from '../../../src/features/history/retention-metrics.js';
import { addUser, newProject, type OpenedDatabase, openTestDatabase } from '../../../src/testing/project-fixtures.js';
import { editFree, editText, fingerprint, seeded } from '../../../src/testing/yjs-edits.js';

export type Fingerprint = ReturnType<typeof fingerprint>;

/** Without pauses, and with so few rows of a batch that a test sees several. */
const SETTINGS: RetentionSettings = {
  batchRows: 20,
  stepRows: 50,
  stepBytes: 1_000_000,
  vacuumRows: 1_000_000,
  pauseMs: 0,
};

/** A document with the editor that wrote it. */
export interface WrittenDocument {
  readonly documentId: string;
  readonly projectId: string;
  readonly kind: DocumentKind;
  readonly doc: Y.Doc;
  /** The text after each row: index 0 is that of the beginning. */
  readonly texts: string[];
}

/** Documents in a database of their own, and retention over them, without rooms and sockets. */
export class RetentionWorld {
  private readonly random = seeded(3);
  readonly registry = new Registry();
  readonly metrics = new RetentionMetrics(this.registry);
  readonly lines: string[] = [];
  private readonly logger = pino({ level: 'info' }, { write: (line: string) => void this.lines.push(line) });

  private constructor(
    readonly database: OpenedDatabase,
    readonly log: PostgresUpdateLog,
    readonly past: PostgresPastDocuments,
    readonly versions: PostgresVersions,
    readonly resets: PostgresResets,
    readonly work: WorkerHistory,
    readonly userId: string,
  ) {}

  static async start(): Promise<RetentionWorld> {
    const database = await openTestDatabase();
    const { dataSource: db } = database;
    const [log, past, versions, resets] = [
      new PostgresUpdateLog(db),
      new PostgresPastDocuments(db),
      new PostgresVersions(db),
      new PostgresResets(db),
    ];
    return new RetentionWorld(database, log, past, versions, resets, new WorkerHistory(), await addUser(db));
  }

  async stop(): Promise<void> {
    await this.work.close();
    await this.log.close();
    await this.database.close();
  }

  query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query<Row[]>(sql, values);
  }

  store(historyDays = 30, bytesBetween?: number): PostgresRetentionStore {
    const days = { historyDays, accessTokenTtl: 900 };
    return new PostgresRetentionStore(this.database.dataSource, days, bytesBetween);
  }

  retention(
    store: RetentionStore = this.store(),
    settings: Partial<RetentionSettings> = {},
    work: HistoryWork = this.work,
  ): Retention {
    return new Retention(store, work, this.metrics, this.logger, { ...SETTINGS, ...settings });
  }

  async project(historyDays: number | null = null): Promise<string> {
    const project = newProject();
    const configuration = { ...project.configuration, historyDays };
    return (await new PostgresProjects(this.database.dataSource).create(this.userId, { ...project, configuration })).id;
  }

  /** A document of so many rows, all of which were stored `days` ago, a second apart. */
  async written(
    rows: number,
    days = 0,
    options: { projectId?: string; kind?: DocumentKind } = {},
  ): Promise<WrittenDocument> {
    const projectId = options.projectId ?? (await this.project());
    const documentId = randomUUID();
    const path = `${documentId}.txt`;
    await this.query('INSERT INTO documents (id, project_id, path, path_key, kind) VALUES ($1, $2, $3, $3, $4)', [
      documentId,
      projectId,
      path,
      options.kind ?? 'text',
    ]);
    const { kind = 'text' } = options;
    const written: WrittenDocument = { documentId, projectId, kind, doc: new Y.Doc(), texts: [''] };
    await this.write(written, rows);
    if (days > 0) await this.age(documentId, days);
    return written;
  }

  /** Further random edits, one row each. */
  async write({ documentId, kind, doc, texts }: WrittenDocument, rows: number): Promise<void> {
    const updates: Uint8Array[] = [];
    const keep = (update: Uint8Array) => updates.push(update);
    doc.on('update', keep);
    while (updates.length < rows) {
      (kind === 'free' ? editFree : editText)(doc, this.random);
      texts.push(doc.getText('content').toString());
    }
    doc.off('update', keep);
    await this.append(documentId, updates);
  }

  async append(documentId: string, updates: readonly Uint8Array[]): Promise<void> {
    const { epoch, accessVersion } = (await this.log.heads([documentId])).get(documentId)!;
    const rows = updates.map((bytes) => ({ userId: this.userId, bytes, provenance: undefined }));
    const [result] = await this.log.append([{ documentId, epoch, accessVersion, rows }], 0);
    if (result?.type !== 'stored') throw new Error(`not stored: ${result?.type}`);
  }

  /** Rows up to `upTo` were stored `days` ago. */
  async age(documentId: string, days: number, upTo = Number.MAX_SAFE_INTEGER): Promise<void> {
    await this.query(
      `UPDATE document_updates SET created_at = now() - $2 * interval '1 day' + seq * interval '1 second'
       WHERE document_id = $1 AND seq <= $3`,
      [documentId, days, upTo],
    );
  }

  /** Moves the loading pointer to a snapshot of now, as compaction does. */
  async compact({ documentId }: WrittenDocument): Promise<number> {
    const past = await this.past.at(documentId, 'now');
    const snapshot = await this.work.compact(past, 'nobody');
    const { snapshot: before, epoch } = (await this.log.load(documentId))!;
    if (!(await this.log.saveSnapshot(documentId, snapshot, before?.seq ?? 0, epoch))) throw new Error('not saved');
    return snapshot.seq;
  }

  /** What somebody gets who opens the document now: text, state vector and deletes. */
  async opened(documentId: string): Promise<Fingerprint> {
    const stored = await this.log.load(documentId);
    if (!stored) throw new Error('there is no such document');
    const doc = new Y.Doc();
    Y.applyUpdate(doc, stateOf(stored).encode());
    if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error('a row waits for one that is not there');
    return fingerprint(doc);
  }

  async textAt(documentId: string, seq: number): Promise<string> {
    return this.work.text(await this.past.at(documentId, { seq }));
  }

  async seqs(documentId: string): Promise<number[]> {
    const rows = await this.query<{ seq: string }>(
      'SELECT seq FROM document_updates WHERE document_id = $1 ORDER BY seq',
      [documentId],
    );
    return rows.map(({ seq }) => Number(seq));
  }

  async snapshots(documentId: string): Promise<number[]> {
    const sql = 'SELECT seq FROM document_snapshots WHERE document_id = $1 ORDER BY seq';
    return (await this.query<{ seq: string }>(sql, [documentId])).map(({ seq }) => Number(seq));
  }

  async stands(documentId: string): Promise<{ head: number; historySeq: number; snapshotSeq: number }> {
    const [row] = await this.query<{ head: number; historySeq: number; snapshotSeq: number }>(
      `SELECT head::int, history_seq::int AS "historySeq", snapshot_seq::int AS "snapshotSeq" FROM documents WHERE id = $1`,
      [documentId],
    );
    return row!;
  }
}
