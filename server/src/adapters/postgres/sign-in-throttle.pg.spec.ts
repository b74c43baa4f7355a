import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenedDatabase, openTestDatabase } from '../../testing/project-fixtures.js';
import { signInThrottleContract } from '../../testing/sign-in-throttle-contract.js';
import { PostgresSignInThrottle } from './sign-in-throttle.js';

let database: OpenedDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database?.close());
beforeEach(() => database.dataSource.query('DELETE FROM sign_in_attempts'));

describe('PostgresSignInThrottle', () => {
  signInThrottleContract(() => ({
    throttle: new PostgresSignInThrottle(database.dataSource),
    age: (ms) => database.dataSource.query(`UPDATE sign_in_attempts SET at = at - $1 * interval '1 millisecond'`, [ms]),
  }));

  it('keeps no row of attempts that were not judged, and takes them back in any order without a deadlock', async () => {
    const throttle = new PostgresSignInThrottle(database.dataSource);
    const worker = async (address: string) => {
      for (let n = 0; n < 20; n += 1) {
        if ((await throttle.begin('password', 'ada', address)) === 0)
          await throttle.abandoned('password', 'ada', address);
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => worker(`a ${n % 4}`)));
    expect(await database.dataSource.query('SELECT count FROM sign_in_attempts')).toEqual([]);
  });

  it('keeps nothing of what was typed, and costs the database no log', async () => {
    await new PostgresSignInThrottle(database.dataSource).begin('password', 'a password, in the wrong field', 'a');
    const rows = await database.dataSource.query<{ key: Buffer }[]>('SELECT key FROM sign_in_attempts');
    expect(rows.map(({ key }) => key.length)).toEqual([32, 32]);
    const kind = `SELECT relpersistence FROM pg_class WHERE relname = 'sign_in_attempts'`;
    expect(await database.dataSource.query(kind)).toEqual([{ relpersistence: 'u' }]);
  });
});
