import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { type AiJobKind, QueueUnavailable } from '../../core/ai/ai-queue.js';
import { aiQueueContract, type QueuesUnderTest, takeoverContract } from '../../testing/ai-queue-contract.js';
import { eventually } from '../../testing/eventually.js';
import { patience } from '../../testing/patience.js';
import {
  createTestDatabase,
  type PrivatePostgres,
  startPrivatePostgres,
  type TestDatabase,
} from '../../testing/postgres.js';
import { BullAiQueue } from './bull-ai-queue.js';

/** With its tables: making them takes longer than `add` waits, on a busy machine. */
async function openReady(url: string): Promise<QueuesUnderTest> {
  const queues = await openAt(url);
  for (const queue of [queues.queue, queues.other]) await (await queue.consume('analysis', 1, async () => {}))();
  return queues;
}

async function openAt(url: string): Promise<QueuesUnderTest> {
  const errors: unknown[] = [];
  const report = (error: unknown) => errors.push(error);
  const [queue, other] = [BullAiQueue.onPostgres(url, report), BullAiQueue.onPostgres(url, report)];
  const leftovers = async () => Number((await ask(url, 'SELECT count(*) FROM bullmq.job'))[0]?.count);
  const stop = async () => {
    await Promise.all([queue.close(), other.close()]);
  };
  return { queue, other, errors, leftovers, stop };
}

async function openOwn(): Promise<QueuesUnderTest & { url: string }> {
  const { url, drop } = await createTestDatabase();
  const { stop, ...queues } = await openReady(url);
  return { ...queues, url, stop: () => stop().then(drop) };
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

const OTHERS = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

describe('BullAiQueue on PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  /** With the tables of the first, which made them. */
  const open = async () => {
    const exists = await ask(database.url, "SELECT FROM pg_namespace WHERE nspname = 'bullmq'");
    if (exists.length > 0) await ask(database.url, 'TRUNCATE bullmq.job CASCADE');
    return openReady(database.url);
  };

  describe('as a queue', () => aiQueueContract(open));

  describe('beside that', () => {
    it('lets several processes make its tables at once', async () => {
      const empty = await createTestDatabase();
      const queues = [await openAt(empty.url), await openAt(empty.url)];
      try {
        const all = queues.flatMap(({ queue, other }) => [queue, other]);
        const stops = await Promise.all(all.map((queue) => queue.consume('analysis', 1, async () => {})));
        await Promise.all(stops.map((stop) => stop()));
        await all[0]?.add('completion', 'a');
        expect(queues.flatMap(({ errors }) => errors)).toEqual([]);
        expect(await all[3]?.depth('completion')).toEqual({ waiting: 1, active: 0 });
      } finally {
        for (const { stop } of queues) await stop();
        await empty.drop();
      }
    });

    it('holds five connections at most, and none when it is closed', async () => {
      const queues = await open();
      const { queue, other } = queues;
      const connections = async () => Number((await ask(database.url, `SELECT count(*) ${OTHERS}`))[0]?.count);
      const done = new Set<string>();
      // So many at once may take a busy machine longer than an add waits; a repeat is the same job.
      const add = (kind: AiJobKind, requestId: string) =>
        eventually('it is added', () =>
          queue.add(kind, requestId).then(
            () => true,
            () => false,
          ),
        );
      try {
        await other.close();
        await queue.consume('completion', 8, async (requestId) => void done.add(requestId));
        await queue.consume('analysis', 8, async (requestId) => void done.add(requestId));
        const adding = Array.from({ length: 40 }, (_, index) =>
          add(index % 2 ? 'completion' : 'analysis', `r${index}`),
        );
        await Promise.all(adding);
        await eventually('it works', () => done.size === 40);
        expect(await connections()).toBeLessThanOrEqual(5);
      } finally {
        await queues.stop();
      }
      await eventually('all have ended', async () => (await connections()) === 0);
    });

    it('keeps a bounded number of events', async () => {
      const queues = await open();
      const { queue, other } = queues;
      try {
        let done = 0;
        await other.consume('completion', 10, async () => void done++);
        for (let index = 0; index < 400; index++) await queue.add('completion', `r${index}`);
        await eventually('all are done', () => done === 400);
        // Each job makes more than three; they are removed 256 at a time.
        expect(Number((await ask(database.url, 'SELECT count(*) FROM bullmq.event'))[0]?.count)).toBeLessThan(900);
      } finally {
        await queues.stop();
      }
    });
  });
});

describe('BullAiQueue, when PostgreSQL fails', () => {
  let postgres: PrivatePostgres;
  let queues: QueuesUnderTest;
  beforeAll(async () => {
    postgres = await startPrivatePostgres({ migrate: false });
  });
  afterAll(() => postgres.stop());
  afterEach(() => queues.stop());

  it('says so within a second, and goes on when it is back', async () => {
    queues = await openReady(postgres.url);
    const { queue, other, errors } = queues;
    const done: string[] = [];
    await other.consume('completion', 2, async (requestId) => void done.push(requestId));
    await queue.add('completion', 'before');
    await eventually('it is done', () => done.length === 1);
    await postgres.kill9();
    await unavailableWithinASecond(() => queue.add('completion', 'meanwhile'));
    // It is started again by itself.
    await eventually('jobs are taken again', async () => {
      await queue.add('completion', 'after').catch(() => {});
      return done.includes('after');
    });
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(20);
  });

  it('goes on after its sessions were terminated', async () => {
    queues = await openReady(postgres.url);
    const { queue, other } = queues;
    const done: string[] = [];
    await other.consume('completion', 2, async (requestId) => void done.push(requestId));
    await queue.add('completion', 'before');
    await eventually('it is done', () => done.length === 1);
    await ask(postgres.url, `SELECT pg_terminate_backend(pid) ${OTHERS}`);
    await eventually('jobs are taken again', async () => {
      await queue.add('completion', 'after').catch(() => {});
      return done.includes('after');
    });
  });

  it('says so within a second of a PostgreSQL that is silent, and can be started and closed without it', async () => {
    queues = await openReady(postgres.url);
    const { queue, other } = queues;
    await queue.add('completion', 'before');
    const done: string[] = [];
    const pids = await postgres.pids();
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    let consuming: Promise<unknown>;
    try {
      await unavailableWithinASecond(() => queue.add('completion', 'meanwhile'));
      await unavailableWithinASecond(() => queue.depth('completion'));
      consuming = other.consume('completion', 1, async (requestId) => void done.push(requestId));
      const startedAt = performance.now();
      await queue.close();
      expect(performance.now() - startedAt).toBeLessThan(4000 * patience());
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await consuming;
    await eventually('it works', () => done.includes('before'));
  });
});

takeoverContract(openOwn, 'onPostgres');

async function unavailableWithinASecond(question: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await expect(question()).rejects.toBeInstanceOf(QueueUnavailable);
  expect(performance.now() - startedAt).toBeLessThan(1000 * patience());
}
