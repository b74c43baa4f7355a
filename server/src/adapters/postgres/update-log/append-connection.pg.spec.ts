import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../testing/eventually.js';
import { type OpenedDatabase, openTestDatabase } from '../../../testing/project-fixtures.js';
import { AppendConnection } from './append-connection.js';

let database: OpenedDatabase;
let connection: AppendConnection;

beforeEach(async () => {
  database = await openTestDatabase();
  connection = new AppendConnection(database.dataSource);
});

const batch = (epoch = 1) => [{ documentId: randomUUID(), epoch, accessVersion: 1, rows: [] }];
const sessions = async (): Promise<number> => {
  const [{ count }] = await database.dataSource.query(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%batch AS%'
     AND pid <> pg_backend_pid()`,
  );
  return count;
};

describe('AppendConnection', () => {
  // Closing the pool waits for every connection that somebody holds, and trips over one that was given back twice.
  afterEach(async () => {
    await connection.close();
    await expect(database.close()).resolves.toBeUndefined();
  });

  it('says what the database said, when it cut the connection', async () => {
    await connection.append(batch());
    await database.dataSource.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await expect(connection.append(batch())).rejects.toThrow(/terminat|connection error/);
    expect(await connection.append(batch())).toEqual([]);
  });

  it('does not lend a connection again whose statement failed', async () => {
    await connection.append(batch());
    const wrong = [{ ...batch()[0]!, rows: [{ userId: 'ab', bytes: new Uint8Array(), provenance: undefined }] }];
    await expect(connection.append(wrong)).rejects.toMatchObject({ code: '08P01' });
    await eventually('it is over', async () => (await sessions()) === 0);
    expect(await connection.append(batch())).toEqual([]);
    expect(await sessions()).toBe(1);
  });

  it('makes one connection for all who come at once', async () => {
    expect(await Promise.all([batch(), batch(), batch()].map((one) => connection.append(one)))).toEqual([[], [], []]);
    expect(await sessions()).toBe(1);
  });

  it('one who fails does not end the next connection of another', async () => {
    await connection.append(batch());
    const wrong = [{ ...batch()[0]!, rows: [{ userId: 'ab', bytes: new Uint8Array(), provenance: undefined }] }];
    const failures = await Promise.allSettled([connection.append(wrong), connection.append(wrong)]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await connection.append(batch())).toEqual([]);
    await eventually('one is left', async () => (await sessions()) === 1);
  });
});
