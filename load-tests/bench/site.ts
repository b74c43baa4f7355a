import { startPrivatePostgres } from '../../server/dist/testing/private-postgres.js';
import { ServerProcess } from '../../server/dist/testing/server-process.js';

export interface Site {
  readonly url: string;
  readonly databaseUrl: string;
  readonly serverPid: number;
  /** Signs in a guest of the demo project. */
  guest(): Promise<{ token: string; projectId: string }>;
  createDocument(token: string, projectId: string, path: string): Promise<string>;
  stop(): Promise<void>;
}

/** A server and a PostgreSQL of the benchmark's own, on loopback, removed at the end. */
export async function startSite(): Promise<Site> {
  const postgres = await startPrivatePostgres();
  const server = new ServerProcess({
    env: { DATABASE_URL: postgres.url, TANDEM_SECRET: 'b'.repeat(40), PORT: '0', DEMO: 'true', LOG_LEVEL: 'error' },
  });
  await server.ready();
  const link = new URL(server.link).hash.slice('#link='.length);
  const call = async (path: string, body: unknown, token?: string) => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  return {
    url: server.url,
    databaseUrl: postgres.url,
    serverPid: server.pid,
    guest: async () => {
      const { accessToken, projectId } = await call('/auth/link', { token: link });
      return { token: accessToken!, projectId: projectId! };
    },
    createDocument: async (token, projectId, path) =>
      (await call(`/projects/${projectId}/documents`, { path }, token)).id!,
    stop: async () => {
      await server.stop();
      await postgres.stop();
    },
  };
}
