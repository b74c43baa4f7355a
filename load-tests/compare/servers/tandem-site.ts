import { randomBytes } from 'node:crypto';
import { startPrivatePostgres } from '../../../server/dist/testing/private-postgres.js';
import { ServerProcess } from '../../../server/dist/testing/server-process.js';

export interface Guest {
  readonly token: string;
  readonly projectId: string;
}

export interface TandemSite {
  readonly pid: number;
  readonly postgresPid: number;
  readonly databaseUrl: string;
  readonly url: string;
  readonly port: number;
  /** Signs in somebody new. */
  guest(): Promise<Guest>;
  createDocument(guest: Guest, path: string): Promise<string>;
  stop(): Promise<void>;
}

/** The built server with settings of production, and a migrated PostgreSQL of its own that syncs to disk. */
export async function startTandem(): Promise<TandemSite> {
  const postgres = await startPrivatePostgres();
  const { SERVER_MAIN } = process.env;
  const server = new ServerProcess({
    ...(SERVER_MAIN ? { main: SERVER_MAIN } : {}),
    env: {
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      TANDEM_SECRET: randomBytes(24).toString('hex'),
      DEMO: 'true',
      LOG_LEVEL: 'error',
    },
  });
  const stop = async () => {
    await server.stop('SIGKILL');
    await postgres.stop();
  };
  try {
    await server.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const link = new URL(server.link).hash.slice('#link='.length);
  const call = async (path: string, body: unknown, token?: string) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  return {
    pid: server.pid,
    postgresPid: postgres.pid,
    databaseUrl: postgres.url,
    url: server.url,
    port: Number(new URL(server.url).port),
    guest: async () => {
      const { accessToken, projectId } = await call('/auth/link', { token: link });
      return { token: accessToken!, projectId: projectId! };
    },
    createDocument: async ({ token, projectId }, path) =>
      (await call(`/projects/${projectId}/documents`, { path }, token)).id!,
    stop,
  };
}
