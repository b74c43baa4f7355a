import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../testing/eventually.js';
import {
  addUser,
  newFile,
  newProject,
  type OpenedDatabase,
  openTestDatabase,
} from '../../../testing/project-fixtures.js';
import { quarantineContract } from '../../../testing/quarantine-contract.js';
import { PostgresDocumentsDirectory } from '../documents-directory.js';
import { PostgresProjects } from '../projects.js';
import { PostgresQuarantine } from './postgres-quarantine.js';
import { PostgresUpdateLog } from './postgres-update-log.js';

let database: OpenedDatabase;
let log: PostgresUpdateLog;
let quarantine: PostgresQuarantine;
let userId: string;
let projectId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  log = new PostgresUpdateLog(database.dataSource);
  quarantine = new PostgresQuarantine(database.dataSource);
  userId = await addUser(database.dataSource);
  projectId = (await new PostgresProjects(database.dataSource).create(userId, newProject())).id;
});
afterAll(async () => {
  await log.close();
  await database.close();
});

const createDocument = async () => {
  const directory = new PostgresDocumentsDirectory(database.dataSource);
  return (await directory.create(userId, projectId, newFile(`${randomUUID()}.txt`))).value.id;
};

describe('PostgresQuarantine', () => {
  quarantineContract(() => ({
    log,
    quarantine,
    userId,
    createDocument,
    flip: async (documentId, seq) => {
      await database.dataSource.query(
        `UPDATE document_updates SET bytes = set_bit(bytes, 0, 1 - get_bit(bytes, 0)) WHERE document_id = $1 AND seq = $2`,
        [documentId, seq],
      );
    },
  }));

  it('goes with its document', async () => {
    const documentId = await createDocument();
    await quarantine.setAside(documentId, [{ part: 'row', seq: 1, reason: 'missing' }]);
    await database.dataSource.query('DELETE FROM documents WHERE id = $1', [documentId]);
    const left = 'SELECT 1 FROM document_quarantine WHERE document_id = $1';
    expect(await database.dataSource.query(left, [documentId])).toEqual([]);
  });

  it('D7: reads what is set aside without holding the document', async () => {
    const documentId = await createDocument();
    await quarantine.setAside(documentId, [{ part: 'row', seq: 1, reason: 'missing' }]);
    const [slow, other] = [database.dataSource.createQueryRunner(), database.dataSource.createQueryRunner()];
    try {
      // Whoever reads rows has to wait.
      await slow.startTransaction();
      await slow.query('LOCK TABLE document_updates IN ACCESS EXCLUSIVE MODE');
      const reading = quarantine.setAside(documentId, []);
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually('it waits', async () => (await other.query(waiting)).length > 0);
      await other.query('SELECT 1 FROM documents WHERE id = $1 FOR NO KEY UPDATE NOWAIT', [documentId]);
      await slow.commitTransaction();
      expect((await reading).rows.map(({ seq }) => seq)).toEqual([1]);
    } finally {
      await slow.release();
      await other.release();
    }
  });

  it('says nothing of what was set aside before the document was reset', async () => {
    const documentId = await createDocument();
    const row = { userId, bytes: new Uint8Array([0, 0]), provenance: undefined };
    await log.append([{ documentId, epoch: 1, accessVersion: 1, rows: [row, row, row] }], 0);
    await quarantine.setAside(documentId, [
      { part: 'row', seq: 1, reason: 'orphaned' },
      { part: 'row', seq: 3, reason: 'orphaned' },
    ]);
    await database.dataSource.query('UPDATE documents SET epoch_seq = 2 WHERE id = $1', [documentId]);
    expect((await quarantine.setAside(documentId, [])).rows.map(({ seq }) => seq)).toEqual([3]);
  });
});
