import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { SHARED_POSTGRES, type SharedPostgresAnswer, withDatabase } from './shared-postgres.js';

export { type PrivatePostgres, startPrivatePostgres } from './private-postgres.js';

/** The PostgreSQL of this jest run: started with the first call in any worker, removed at the end of the run. */
export async function testPostgres(): Promise<SharedPostgresAnswer> {
  const address = process.env[SHARED_POSTGRES];
  if (!address) throw new Error('no shared PostgreSQL: run the specs through jest, or use startPrivatePostgres()');
  const response = await fetch(address);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SharedPostgresAnswer;
}

export interface TestDatabase {
  /** As the role that the server works as, which owns the database. */
  readonly url: string;
  /** Cuts the sessions that are left. */
  drop(): Promise<void>;
}

/** A database of the spec's own with all migrations, cloned from the template (some ten milliseconds). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url, adminUrl, template } = await testPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template} OWNER tandem`);
  return {
    url: withDatabase(url, name),
    drop: () => admin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function admin(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
