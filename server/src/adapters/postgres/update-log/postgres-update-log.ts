import type { DataSource } from 'typeorm';
import {
  type AppendBatch,
  type AppendResult,
  type ClientOwner,
  type DocumentHead,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
  UpdateLog,
} from '../../../core/document/update-log.js';
import { AppendConnection } from './append-connection.js';
import { ClientBindings } from './client-bindings.js';
import { DocumentReader } from './document-reader.js';
import { translate } from './log-errors.js';

interface HeadRow {
  id: string;
  head: string;
  epoch: number;
  access_version: string;
  snapshot_seq: string;
  is_damaged: boolean;
}

const HEADS = `
SELECT id, head, epoch, access_version, snapshot_seq, damaged_at IS NOT NULL AS is_damaged
FROM documents WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL`;

const SAVE_SNAPSHOT = `
WITH current AS (
  SELECT id FROM documents
  WHERE id = $1 AND snapshot_seq = $3 AND epoch = $4 AND deleted_at IS NULL AND $2::int8 BETWEEN snapshot_seq AND head
  FOR NO KEY UPDATE
), made AS (
  INSERT INTO document_snapshots (document_id, seq, structs, struct_index, delete_set, checksum)
  SELECT id, $2, $5, $6, $7, $8 FROM current RETURNING id, document_id
)
UPDATE documents SET snapshot_id = made.id, snapshot_seq = $2 FROM made WHERE documents.id = made.document_id
RETURNING documents.id`;

/** The log in PostgreSQL; DESIGN 3.4 and 3.8. Repositories are too slow here: this is SQL on TypeORM's connections. */
export class PostgresUpdateLog extends UpdateLog {
  private readonly connections = new Map<number, AppendConnection>();
  private readonly reader: DocumentReader;

  private readonly bindings: ClientBindings;

  /** `isUnsafeAllowed`: as for AppendConnection. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly isUnsafeAllowed = false,
  ) {
    super();
    this.bindings = new ClientBindings(dataSource);
    this.reader = new DocumentReader(dataSource);
  }

  override load(documentId: string): Promise<StoredDocument | undefined> {
    return this.reader.load(documentId);
  }

  override rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    return this.reader.rowsAfter(documentId, after);
  }

  override async heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    if (documentIds.length === 0) return new Map();
    const rows = await this.query<HeadRow>(HEADS, [documentIds]);
    return new Map(
      rows.map((row) => [
        row.id,
        {
          head: Number(row.head),
          epoch: row.epoch,
          accessVersion: Number(row.access_version),
          snapshotSeq: Number(row.snapshot_seq),
          isDamaged: row.is_damaged,
        },
      ]),
    );
  }

  override async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    let connection = this.connections.get(lane);
    if (!connection) {
      connection = new AppendConnection(this.dataSource, this.isUnsafeAllowed);
      this.connections.set(lane, connection);
    }
    const answers = await connection.append(batches).catch(translate);
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    return batches.map((batch): AppendResult => {
      const answer = byId.get(batch.documentId);
      if (!answer) return { type: 'deleted' };
      if (answer.head === null) return { type: 'locked' };
      const { epoch } = answer;
      const accessVersion = Number(answer.access_version);
      if (epoch !== batch.epoch || accessVersion !== batch.accessVersion)
        return { type: 'fenced', epoch, accessVersion };
      const head = Number(answer.head);
      return head < (batch.after ?? 0) ? { type: 'older', head } : { type: 'stored', fromSeq: head + 1 };
    });
  }

  override async bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
    instance?: string,
  ): Promise<ReadonlyMap<number, ClientOwner>> {
    const bindings = clientIds.map(async (clientId) => {
      const owner = await this.bindings.bind({ documentId, clientId, userId, instance }).catch(translate);
      return [clientId, owner] as const;
    });
    return new Map(await Promise.all(bindings));
  }

  override async saveSnapshot(
    documentId: string,
    snapshot: StoredSnapshot,
    previousSeq: number,
    epoch: number,
  ): Promise<boolean> {
    const saved = await this.query<{ id: string }>(SAVE_SNAPSHOT, [
      documentId,
      snapshot.seq,
      previousSeq,
      epoch,
      snapshot.structs,
      snapshot.structIndex,
      snapshot.deleteSet,
      snapshot.checksum,
    ]);
    return saved.length === 1;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
    this.connections.clear();
  }

  private async query<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    const answer: unknown = await this.dataSource.query(sql, parameters).catch(translate);
    // TypeORM answers an UPDATE with [rows, count].
    return (sql === SAVE_SNAPSHOT ? (answer as [Row[], number])[0] : answer) as Row[];
  }
}
