import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { eventually } from '../../testing/eventually.js';
import { addUser, emailOf, newProject, type OpenedDatabase, openTestDatabase } from '../../testing/project-fixtures.js';
import { PostgresAccounts } from './accounts.js';
import { PostgresOneTimeTokens } from './one-time-tokens.js';
import { PostgresProjects } from './projects.js';
import { PostgresSignInSessions } from './sign-in-sessions.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let accounts: PostgresAccounts;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  accounts = new PostgresAccounts(dataSource);
});

afterAll(() => database.close());

/** Does something else while `work` has changed something and not committed yet; it must wait for that. */
async function during<T>(
  work: (query: (sql: string, values: unknown[]) => Promise<unknown>) => Promise<void>,
  other: () => Promise<T>,
) {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    await work((sql, values) => runner.query(sql, values));
    const outcome = other().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const isOver = outcome.then(() => true);
    await eventually('the other one waits, or is over', async () => {
      const [row] = await dataSource.query<{ waiting: number }[]>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return row!.waiting > 0 || Promise.race([isOver, false]);
    });
    await runner.commitTransaction();
    return await outcome;
  } finally {
    await runner.release();
  }
}

it('D8: a new name is told in no project whose member is being removed, where it would hide that', async () => {
  const ada = await addUser(dataSource);
  const { id: projectId } = await new PostgresProjects(dataSource).create(ada, newProject());
  const renamed = await during(
    async (query) => {
      await query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
      await query('DELETE FROM project_members WHERE project_id = $1 AND user_id = $2', [projectId, ada]);
    },
    () => accounts.rename(ada, 'Grace'),
  );
  expect(renamed).toMatchObject({ value: { account: { displayName: 'Grace' }, written: [] } });
});

it('A31: nobody signs in with a password that is changed before the session begins', async () => {
  const ada = await addUser(dataSource);
  const sessions = new PostgresSignInSessions(dataSource);
  await accounts.setPassword(ada, 'old', ada);
  await sessions.start(ada, Buffer.from('before'), 60, undefined, 'old');
  const signedIn = await during(
    async (query) => {
      await query('UPDATE users SET password_hash = $2 WHERE id = $1', [ada, 'new']);
    },
    () => sessions.start(ada, Buffer.from('meanwhile'), 60, undefined, 'old'),
  );
  expect(signedIn).toMatchObject({ error: { code: 'invalid_credentials' } });
  await sessions.start(ada, Buffer.from('after'), 60, undefined, 'new');
  expect(await sessions.ofUser(ada)).toHaveLength(2);
});

it('A40: a new password ends what is under way to another address, of whoever asked for it', async () => {
  const ada = await addUser(dataSource);
  const links = new PostgresOneTimeTokens(dataSource);
  const token = await links.forEmailChange(ada, 'mallory@example.org');
  await accounts.setPassword(ada, 'new', ada);
  expect(await links.redeemVerification(token!)).toBeUndefined();
  expect(await accounts.state(ada)).toMatchObject({ account: { email: emailOf(ada) }, pendingEmail: null });
});
