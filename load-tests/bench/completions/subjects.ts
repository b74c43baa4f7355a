import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { startPrivatePostgres } from '../../../server/dist/testing/private-postgres.js';
import { startPrivateRedis } from '../../../server/dist/testing/private-redis.js';
import { startServerProcess } from '../../../server/dist/testing/server-process.js';
import type { Asker } from './asker.ts';
import { startChild } from './child.ts';
import { RelayAsker } from './relay-asker.ts';
import { MODEL } from './script.ts';
import { makeDocuments } from './stage.ts';
import { StraightAsker } from './straight-asker.ts';
import { TandemAsker } from './tandem-asker.ts';

/** A way from the provider to an editor. */
export interface Subject {
  readonly name: string;
  readonly askers: readonly Asker[];
  /** Of the processes between them, by name. */
  readonly pids: Readonly<Record<string, number>>;
  /** Milliseconds that the context of each of these requests took, whole ones. */
  contexts?(completionIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

export async function straight(askers: number, provider: string): Promise<Subject> {
  return {
    name: 'straight',
    askers: Array.from({ length: askers }, (_, n) => new StraightAsker(`straight-${n}`, provider)),
    pids: {},
    stop: async () => undefined,
  };
}

export async function bareRelay(askers: number, provider: string): Promise<Subject> {
  const { child, url, stop } = await startChild('./relay.ts', { PROVIDER: provider });
  return {
    name: 'bare relay',
    askers: await Promise.all(Array.from({ length: askers }, (_, n) => RelayAsker.open(`relay-${n}`, url))),
    pids: { relay: child.pid ?? 0 },
    stop,
  };
}

/** A server as people start it, on a PostgreSQL (and a Redis) of its own. */
export async function tandem(askers: number, provider: string, kind: 'PostgreSQL' | 'Redis'): Promise<Subject> {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startPrivatePostgres();
    stops.push(() => postgres.stop());
    const redis = kind === 'Redis' ? await startPrivateRedis('redis-server') : undefined;
    if (redis) stops.push(() => redis.stop());
    const server = await startServerProcess({
      ...(process.env.SERVER_MAIN ? { main: process.env.SERVER_MAIN } : {}),
      env: {
        DATABASE_URL: postgres.url,
        ...(redis ? { REDIS_URL: redis.url } : {}),
        DEMO: 'false',
        AI_BASE_URL: provider,
        AI_MODEL: MODEL,
      },
    });
    // What it warned of says why a figure is bad.
    stops.push(() => server.stop().then(() => process.stderr.write(server.stderr())));
    const documents = await makeDocuments(server.url, askers);
    const sql = new pg.Client({ connectionString: postgres.url });
    await sql.connect();
    stops.push(() => sql.end());
    return {
      name: `Tandem, ${kind}`,
      askers: await Promise.all(
        documents.map(({ token, documentId }, n) => TandemAsker.open(`${kind}-${n}`, server.url, token, documentId)),
      ),
      pids: { server: server.pid, PostgreSQL: postgres.pid, ...(redis ? { Redis: redis.pid } : {}) },
      contexts: (ids) => readContexts(sql, ids),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whether it is installed where a shell finds it. */
export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

async function readContexts(sql: pg.Client, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ id: string; ms: string }>(
    "SELECT id, substring(note FROM '^context ([0-9.]+) ms') AS ms FROM ai_requests WHERE id = ANY ($1)",
    [ids],
  );
  return new Map(rows.map(({ id, ms }) => [id, Number(ms)]));
}
