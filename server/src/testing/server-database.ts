import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

/** The PostgreSQL that a server process runs on its data dir, seen from outside. */
export interface ServerDatabase {
  /** Of the main process; another one after each start. */
  readonly pid: number;
  /** As the role that the server works as; the caller ends it. */
  connect(): Promise<Client>;
}

/** Throws while PostgreSQL is not running. Its files must lie in the data dir (`makeTempDir` gives such). */
export function serverDatabase(dataDir: string): ServerDatabase {
  const home = join(dataDir, 'postgres');
  const [pid, , , port] = readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8')
    .split('\n')
    .map(Number);
  if (!pid || !port) throw new Error('PostgreSQL is not running yet');
  return {
    pid,
    connect: async () => {
      const password = readFileSync(join(home, 'password'), 'utf8').trim();
      const client = new Client({ host: '127.0.0.1', port, user: 'tandem', password, database: 'tandem' });
      await client.connect();
      return client;
    },
  };
}
