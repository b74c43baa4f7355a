import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ServerProcess } from '../../server/dist/testing/server-process.js';

/** The server that is under load. */
export interface Subject {
  readonly url: string;
  /** Kills it and starts it again at the same address; resolves to when it listens, in epoch milliseconds. */
  readonly crash?: () => Promise<number>;
  stop(): Promise<unknown>;
}

/** The built server, with a PostgreSQL of its own; all its files are removed at the end. */
export async function startSubject(): Promise<Subject> {
  const { ServerProcess, startPrivatePostgres, makeTempDir, removeTempDir } = await builtServer();
  const dir = makeTempDir();
  const postgres = await startPrivatePostgres();
  const TANDEM_SECRET = randomBytes(24).toString('hex');
  const start = async (PORT: string): Promise<ServerProcess> => {
    const env = { PORT, TANDEM_SECRET, DATABASE_URL: postgres.url, DEMO: 'false', LOG_LEVEL: 'error' };
    const server = new ServerProcess({ cwd: dir, dataDir: join(dir, 'data'), env });
    await server.ready();
    return server;
  };
  const clean = async () => {
    await postgres.stop();
    removeTempDir(dir);
  };
  try {
    let server = await start('0');
    const { url } = server;
    return {
      url,
      crash: async () => {
        await server.kill9();
        server = await start(new URL(url).port);
        return Date.now();
      },
      stop: async () => {
        await server.stop();
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

async function builtServer() {
  try {
    return {
      ...(await import('../../server/dist/testing/server-process.js')),
      ...(await import('../../server/dist/testing/private-postgres.js')),
      ...(await import('../../server/dist/testing/temp-dir.js')),
    };
  } catch (cause) {
    throw new Error('Build first: npm run build', { cause });
  }
}
