import type { DocumentKind } from '@tandem/protocol';
import { type DataSource, QueryFailedError } from 'typeorm';
import { checksum } from '../../../core/document/checksum.js';
import {
  type AppendBatch,
  type AppendResult,
  type DocumentHead,
  StoredDataCorrupt,
  type StoredDocument,
  type StoredRow,
  type StoredSnapshot,
  StoreUnavailable,
  UpdateLog,
} from '../../../core/document/update-log.js';
import { isUnavailable } from '../store-errors.js';
import { AppendConnection } from './append-connection.js';
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.js';

interface DocumentRow {
  project_id: string;
  kind: DocumentKind;
  head: string;
  epoch: number;
  access_version: string;
  snapshot_seq: string;
  structs: Buffer | null;
  struct_index: Buffer;
  delete_set: Buffer;
  checksum: string;
}

const LOAD = `
SELECT d.project_id, d.kind, d.head, d.epoch, d.access_version, d.snapshot_seq,
       s.structs, s.struct_index, s.delete_set, s.checksum
FROM documents d LEFT JOIN document_snapshots s ON s.id = d.snapshot_id
WHERE d.id = $1 AND d.deleted_at IS NULL`;

const ROWS = 'SELECT seq, bytes, checksum FROM document_updates WHERE document_id = $1 AND seq > $2 ORDER BY seq';

const HEADS = `
SELECT id, head, epoch, access_version FROM documents WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL`;

const BIND = `
WITH bound AS (
  INSERT INTO document_clients (document_id, client_id, user_id)
  SELECT $1, unnest($2::int8[]), $3 ON CONFLICT DO NOTHING RETURNING client_id, user_id
)
SELECT client_id, user_id FROM bound
UNION ALL
SELECT client_id, user_id FROM document_clients WHERE document_id = $1 AND client_id = ANY ($2::int8[])`;

const SAVE_SNAPSHOT = `
WITH current AS (
  SELECT id FROM documents
  WHERE id = $1 AND snapshot_seq = $3 AND epoch = $4 AND deleted_at IS NULL AND head >= $2 FOR NO KEY UPDATE
), made AS (
  INSERT INTO document_snapshots (document_id, seq, structs, struct_index, delete_set, checksum)
  SELECT id, $2, $5, $6, $7, $8 FROM current RETURNING id, document_id
)
UPDATE documents SET snapshot_id = made.id, snapshot_seq = $2 FROM made WHERE documents.id = made.document_id
RETURNING documents.id`;

/** The log in PostgreSQL; DESIGN 3.4 and 3.8. Repositories are too slow here: this is SQL on TypeORM's connections. */
export class PostgresUpdateLog extends UpdateLog {
  private readonly connections = new Map<number, AppendConnection>();

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async load(documentId: string): Promise<StoredDocument | undefined> {
    const [row] = await this.query<DocumentRow>(LOAD, [documentId]);
    if (!row) return undefined;
    const seq = Number(row.snapshot_seq);
    if (seq > 0 && !row.structs) throw new StoredDataCorrupt(`snapshot of ${documentId} is missing`);
    const snapshot = row.structs
      ? decodeSnapshot(seq, {
          structs: row.structs,
          structIndex: row.struct_index,
          deleteSet: row.delete_set,
          checksum: Number(row.checksum),
        })
      : undefined;
    const rows = await this.rowsAfter(documentId, seq);
    // Rows are read after the head, so there may be more of them, never fewer.
    if (seq + rows.length < Number(row.head)) throw new StoredDataCorrupt(`rows of ${documentId} are missing`);
    return {
      projectId: row.project_id,
      kind: row.kind,
      epoch: row.epoch,
      accessVersion: Number(row.access_version),
      snapshot,
      rows,
    };
  }

  override async rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    const rows = await this.query<{ seq: string; bytes: Buffer; checksum: string }>(ROWS, [documentId, after]);
    return rows.map((row, index) => {
      const seq = Number(row.seq);
      if (seq !== after + 1 + index) throw new StoredDataCorrupt(`${documentId} lacks row ${after + 1 + index}`);
      if (checksum(row.bytes) !== Number(row.checksum)) {
        throw new StoredDataCorrupt(`row ${seq} of ${documentId} does not match its checksum`);
      }
      return { seq, bytes: row.bytes };
    });
  }

  override async heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    if (documentIds.length === 0) return new Map();
    const rows = await this.query<{ id: string; head: string; epoch: number; access_version: string }>(HEADS, [
      documentIds,
    ]);
    return new Map(
      rows.map(({ id, head, epoch, access_version }) => [
        id,
        { head: Number(head), epoch, accessVersion: Number(access_version) },
      ]),
    );
  }

  override async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    let connection = this.connections.get(lane);
    if (!connection) {
      connection = new AppendConnection(this.dataSource);
      this.connections.set(lane, connection);
    }
    const answers = await connection.append(batches).catch(translate);
    const byId = new Map(answers.map((answer) => [answer.id, answer]));
    return batches.map(({ documentId }): AppendResult => {
      const answer = byId.get(documentId);
      if (!answer) return { type: 'deleted' };
      if (answer.stored) return { type: 'stored', fromSeq: Number(answer.head) + 1 };
      return { type: 'fenced', epoch: answer.epoch, accessVersion: Number(answer.access_version) };
    });
  }

  override async bindClients(
    documentId: string,
    clientIds: readonly number[],
    userId: string,
  ): Promise<ReadonlyMap<number, string>> {
    const owners = new Map<number, string>();
    // One that another transaction inserted a moment ago is in neither half of the first answer.
    for (let missing = [...clientIds]; missing.length > 0; missing = clientIds.filter((id) => !owners.has(id))) {
      const rows = await this.query<{ client_id: string; user_id: string }>(BIND, [documentId, missing, userId]);
      for (const row of rows) owners.set(Number(row.client_id), row.user_id);
    }
    return owners;
  }

  override async saveSnapshot(
    documentId: string,
    snapshot: StoredSnapshot,
    previousSeq: number,
    epoch: number,
  ): Promise<boolean> {
    const columns = encodeSnapshot(snapshot);
    const saved = await this.query<{ id: string }>(SAVE_SNAPSHOT, [
      documentId,
      snapshot.seq,
      previousSeq,
      epoch,
      columns.structs,
      columns.structIndex,
      columns.deleteSet,
      columns.checksum,
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

/** What the server itself said has a severity; everything else came from the connection, so the outcome is unknown. */
function translate(error: unknown): never {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const isAnswer = typeof cause === 'object' && cause !== null && 'severity' in cause;
  if (isAnswer && !isUnavailable(error)) throw error;
  throw new StoreUnavailable('the database did not answer', { cause: error });
}
