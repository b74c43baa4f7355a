import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checksum } from '../../../core/document/checksum.js';
import { StoredDataCorrupt, StoreUnavailable } from '../../../core/document/update-log.js';
import {
  addUser,
  newFile,
  newProject,
  type OpenedDatabase,
  openTestDatabase,
} from '../../../testing/project-fixtures.js';
import { EMPTY_CONTENT, updateLogContract } from '../../../testing/update-log-contract.js';
import { PostgresAuditLog } from '../audit-log.js';
import { createDataSource } from '../data-source.js';
import { PostgresDocumentsDirectory } from '../documents-directory.js';
import { PostgresResets } from '../history/resets.js';
import { PostgresMembers } from '../members.js';
import { PostgresProjects } from '../projects.js';
import { appendQuery } from './append-statement.js';
import { PostgresUpdateLog } from './postgres-update-log.js';

let database: OpenedDatabase;
let log: PostgresUpdateLog;
let userId: string;
let otherUserId: string;
let projectId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  log = new PostgresUpdateLog(database.dataSource);
  [userId, otherUserId] = [await addUser(database.dataSource), await addUser(database.dataSource)];
  projectId = (await new PostgresProjects(database.dataSource).create(userId, newProject())).id;
});

afterAll(async () => {
  await log.close();
  await database.close();
});

const directory = () => new PostgresDocumentsDirectory(database.dataSource);
const createDocument = async () =>
  (await directory().create(userId, projectId, newFile(`${randomUUID()}.txt`))).value.id;
const rowOf = (documentId: string) => ({
  documentId,
  epoch: 1,
  accessVersion: 1,
  rows: [{ userId, bytes: Buffer.from([0, 0]), provenance: undefined }],
});

describe('PostgresUpdateLog', () => {
  updateLogContract(() => ({
    log,
    userId,
    otherUserId,
    createDocument,
    fence: async (documentId) => {
      await database.dataSource.query('UPDATE documents SET access_version = access_version + 1 WHERE id = $1', [
        documentId,
      ]);
    },
    deleteDocument: async (documentId) => {
      await directory().delete(userId, documentId);
    },
    reset: async (documentId) => {
      await new PostgresResets(database.dataSource).reset(userId, documentId, EMPTY_CONTENT, { empty: true });
    },
  }));

  it('D8: what is appended after a member was removed is refused under the lock of the document', async () => {
    const documentId = await createDocument();
    const members = new PostgresMembers(database.dataSource, new PostgresAuditLog(database.dataSource));
    const [{ email }] = await database.dataSource.query('SELECT email FROM users WHERE id = $1', [otherUserId]);
    await members.add(userId, projectId, email, 'editor');
    const { accessVersion } = (await log.load(documentId))!;
    await members.remove(userId, projectId, otherUserId);
    expect(await log.append([{ ...rowOf(documentId), accessVersion }], 0)).toMatchObject([{ type: 'fenced' }]);
  });

  it('answers that a document is deleted when the deletion held its lock first', async () => {
    const documentId = await createDocument();
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query('UPDATE documents SET deleted_at = now() WHERE id = $1', [documentId]);
      const answer = log.append([rowOf(documentId)], 0);
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      for (const deadline = performance.now() + 10_000; (await runner.query(waiting)).length === 0; ) {
        if (performance.now() > deadline) throw new Error('nobody waits for the lock');
      }
      await runner.commitTransaction();
      expect(await answer).toEqual([{ type: 'deleted' }]);
    } finally {
      await runner.release();
    }
    expect(await log.rowsAfter(documentId, 0)).toEqual([]);
  });

  it('D7: what somebody else holds for long is left out, and said to be; the others are stored', async () => {
    const [held, free] = await Promise.all([createDocument(), createDocument()]);
    const gone = randomUUID();
    const runner = database.dataSource.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query('SELECT 1 FROM documents WHERE id = $1 FOR NO KEY UPDATE', [held]);
      expect(await log.append([held, free, gone].map(rowOf), 0)).toEqual([
        { type: 'locked' },
        { type: 'stored', fromSeq: 1 },
        { type: 'deleted' },
      ]);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
    expect(await log.append([held, free].map(rowOf), 0)).toEqual([
      { type: 'stored', fromSeq: 1 },
      { type: 'stored', fromSeq: 2 },
    ]);
  });

  it.each(['wait', 'skip'] as const)(
    'finds its documents by their ids alone, also before there are statistics: %s',
    async (locked) => {
      const sql = database.dataSource.createQueryRunner();
      const statements = appendQuery([rowOf(randomUUID())], locked).text;
      await sql.startTransaction();
      try {
        await sql.query('ALTER TABLE documents SET (autovacuum_enabled = false)');
        await sql.query(
          `INSERT INTO documents (id, project_id, path, path_key, kind)
         SELECT gen_random_uuid(), $1, 'f' || g, 'f' || g, 'text' FROM generate_series(1, 20000) g`,
          [projectId],
        );
        await sql.query('SET LOCAL plan_cache_mode = force_generic_plan');
        await sql.query(`PREPARE planned AS ${statements}`);
        const none = "'{}'";
        const plan = await sql.query(`EXPLAIN EXECUTE planned(${new Array(11).fill(none).join()})`);
        const lines = plan.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
        expect(lines).toContain('documents_pkey');
        expect(lines).not.toContain('documents_project_id_path_key');
        await sql.query('DEALLOCATE planned');
      } finally {
        await sql.rollbackTransaction();
        await sql.release();
      }
    },
  );

  it('writes one outbox row for each document and batch', async () => {
    const documentId = await createDocument();
    const row = rowOf(documentId).rows[0]!;
    await log.append([{ ...rowOf(documentId), rows: [row, row, row] }], 0);
    const events = await database.dataSource.query(
      `SELECT from_seq, seq FROM event_outbox WHERE document_id = $1 AND type = 'document.updated'`,
      [documentId],
    );
    expect(events).toEqual([{ from_seq: '1', seq: '3' }]);
  });

  it('D2: names what is damaged or missing, and reads no further than the head', async () => {
    const documentId = await createDocument();
    for (let i = 0; i < 3; i++) await log.append([rowOf(documentId)], 0);
    const sql = (statement: string) => database.dataSource.query(statement, [documentId]);
    await sql(`UPDATE document_updates SET bytes = '\\x0001' WHERE document_id = $1 AND seq = 1`);
    await sql('DELETE FROM document_updates WHERE document_id = $1 AND seq = 3');
    const damaged = await log.load(documentId);
    expect(damaged!.damage).toEqual([
      { part: 'row', seq: 1, reason: 'checksum' },
      { part: 'row', seq: 3, reason: 'missing' },
    ]);
    expect(damaged!.rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    await sql('DELETE FROM document_updates WHERE document_id = $1');
    expect((await log.load(documentId))!.damage).toHaveLength(3);
    await sql('UPDATE documents SET head = 8000000000 WHERE id = $1');
    await expect(log.load(documentId)).rejects.toBeInstanceOf(StoredDataCorrupt);
  });

  it('reads what is larger than a piece, and more than a batch, whole', async () => {
    const documentId = await createDocument();
    const large = randomBytes(3_000_000);
    const many = Array.from({ length: 5_000 }, (_, i) => ({
      ...rowOf(documentId).rows[0]!,
      bytes: Buffer.from([i % 256]),
    }));
    await log.append([{ ...rowOf(documentId), rows: [{ ...many[0]!, bytes: large }, ...many] }], 0);
    const rows = await log.rowsAfter(documentId, 0);
    expect(rows).toHaveLength(5_001);
    expect(Buffer.from(rows[0]!.bytes).equals(large)).toBe(true);
    expect(rows.slice(1).every(({ seq, bytes }) => seq === bytes[0]! + 2 + 256 * Math.floor((seq - 2) / 256))).toBe(
      true,
    );
    const parts = { structs: large, structIndex: large.subarray(0, 700_000), deleteSet: large.subarray(5, 2_000_000) };
    const sum = checksum(parts.structs, parts.structIndex, parts.deleteSet);
    expect(await log.saveSnapshot(documentId, { seq: 5_000, ...parts, checksum: sum }, 0, 1)).toBe(true);
    const { snapshot, rows: behind } = (await log.load(documentId))!;
    for (const column of ['structs', 'structIndex', 'deleteSet'] as const) {
      expect(Buffer.from(snapshot![column]).equals(parts[column])).toBe(true);
    }
    expect(behind.map(({ seq }) => seq)).toEqual([5_001]);
  });

  it('V6: says that the outcome is unknown when the connection is cut, and works again on a new one', async () => {
    const documentId = await createDocument();
    await log.append([rowOf(documentId)], 7);
    await database.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%document_updates%'`,
    );
    await expect(log.append([rowOf(documentId)], 7)).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await log.append([rowOf(documentId)], 7)).toEqual([{ type: 'stored', fromSeq: 2 }]);
  });

  it('says unavailable when there is no database at all', async () => {
    const nowhere = createDataSource('postgres://nobody@127.0.0.1:1/none');
    await expect(nowhere.initialize()).rejects.toThrow();
    const away = new PostgresUpdateLog(nowhere);
    await expect(away.append([rowOf(randomUUID())], 0)).rejects.toBeInstanceOf(StoreUnavailable);
  });
});
