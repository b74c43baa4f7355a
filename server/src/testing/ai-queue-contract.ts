import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type AiQueue, QueueUnavailable } from '../core/ai/ai-queue.js';
import { eventually } from './eventually.js';
import { patience } from './patience.js';

export interface QueuesUnderTest {
  /** Two processes' views of the same queues, which are empty. */
  readonly queue: AiQueue;
  readonly other: AiQueue;
  /** What they reported. */
  readonly errors: unknown[];
  /** What the store still holds of jobs, waiting or not. */
  leftovers(): Promise<number>;
  /** Closes both. */
  stop(): Promise<void>;
}

/** What every queue promises; each adapter's spec runs it. */
export function aiQueueContract(open: () => Promise<QueuesUnderTest>): void {
  let queues: QueuesUnderTest;
  beforeEach(async () => {
    queues = await open();
  });
  afterEach(() => queues.stop());

  it('hands each job to one worker, once, and keeps nothing of it', async () => {
    const { queue, other, errors, leftovers } = queues;
    const [here, there]: [string[], string[]] = [[], []];
    await queue.consume('completion', 4, async (requestId) => void here.push(requestId));
    await other.consume('completion', 4, async (requestId) => void there.push(requestId));
    const requestIds = Array.from({ length: 200 }, () => randomUUID());
    // Few at once: each has to be taken within a second, also by a busy machine.
    for (let from = 0; from < 200; from += 5) {
      await Promise.all(requestIds.slice(from, from + 5).map((requestId) => queue.add('completion', requestId)));
    }
    await eventually('all are done', async () => here.length + there.length >= 200 && (await leftovers()) === 0);
    expect([...here, ...there].sort()).toEqual(requestIds.sort());
    expect(here.length).toBeGreaterThan(0);
    expect(there.length).toBeGreaterThan(0);
    // A busy machine may take long for a connection, of which the queue makes another then.
    expect(errors.filter((error) => !/timeout/.test(String(error)))).toEqual([]);
  });

  it('takes a repeat of the same attempt for the same job, and another attempt for another', async () => {
    const { queue, other } = queues;
    await queue.add('completion', 'a');
    await queue.add('completion', 'a');
    await other.add('completion', 'a', { attempt: 1 });
    await queue.add('completion', 'a', { attempt: 2 });
    await queue.add('completion', 'last');
    const done = await consumed(other, 'last');
    expect(done).toEqual(['a', 'a', 'last']);
  });

  it('makes a job of one that has ended and is added again', async () => {
    const { queue, other, leftovers } = queues;
    const done: string[] = [];
    await other.consume('completion', 1, async (requestId) => void done.push(requestId));
    await queue.add('completion', 'a');
    await eventually('it is done', async () => done.length === 1 && (await leftovers()) === 0);
    await queue.add('completion', 'a');
    await eventually('it is done again', () => done.length === 2);
  });

  it('runs as many at once as it was told, and counts what waits and what runs', async () => {
    const { queue, other } = queues;
    const gates: (() => void)[] = [];
    const stop = await other.consume('analysis', 3, () => new Promise((resolve) => gates.push(resolve)));
    for (let index = 0; index < 8; index++) await queue.add('analysis', `r${index}`, { priority: index % 2 });
    await eventually('three run', () => gates.length === 3);
    await eventually('they are counted', async () => {
      const { waiting, active } = await queue.depth('analysis');
      return waiting === 5 && active === 3;
    });
    expect(await queue.depth('completion')).toEqual({ waiting: 0, active: 0 });
    for (let done = 0; done < 8; done++) {
      await eventually('one more runs', () => gates.length > done);
      expect(gates.length - done).toBeLessThanOrEqual(3);
      gates[done]?.();
    }
    await stop();
    expect(await queue.depth('analysis')).toEqual({ waiting: 0, active: 0 });
  });

  it('takes a smaller priority first', async () => {
    const { queue, other } = queues;
    await queue.add('analysis', 'later', { priority: 5 });
    await queue.add('analysis', 'sooner', { priority: 1 });
    await queue.add('analysis', 'first');
    const done = await consumed(other, 'later', 'analysis');
    expect(done).toEqual(['first', 'sooner', 'later']);
  });

  it('keeps the kinds apart', async () => {
    const { queue, other } = queues;
    await queue.add('analysis', 'an analysis');
    await queue.add('completion', 'a completion');
    expect(await consumed(other, 'a completion')).toEqual(['a completion']);
    expect(await queue.depth('analysis')).toEqual({ waiting: 1, active: 0 });
  });

  it('reports what a handler throws, and does not repeat the job', async () => {
    const { queue, other, errors, leftovers } = queues;
    const taken: string[] = [];
    await other.consume('completion', 1, async (requestId) => {
      taken.push(requestId);
      if (requestId === 'bad') throw new Error('a handler of this test');
    });
    await queue.add('completion', 'bad');
    await queue.add('completion', 'good');
    await eventually('both are done', async () => taken.length === 2 && (await leftovers()) === 0);
    expect(taken).toEqual(['bad', 'good']);
    expect(errors).toEqual([new Error('a handler of this test')]);
  });

  it('stops taking jobs when told, after those under way', async () => {
    const { queue, other } = queues;
    const taken: string[] = [];
    const finished: string[] = [];
    let finish = () => {};
    const stop = await other.consume('completion', 1, async (requestId) => {
      taken.push(requestId);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      finished.push(requestId);
    });
    await queue.add('completion', 'under way');
    await eventually('it is taken', () => taken.length === 1);
    await queue.add('completion', 'left for others');
    let isStopped = false;
    const stopped = stop().then(() => {
      isStopped = true;
    });
    expect(await queue.depth('completion')).toEqual({ waiting: 1, active: 1 });
    expect(isStopped).toBe(false);
    finish();
    await stopped;
    await stop();
    expect([taken, finished]).toEqual([['under way'], ['under way']]);
    expect(await queue.depth('completion')).toEqual({ waiting: 1, active: 0 });
    expect(await consumed(queue, 'left for others')).toEqual(['left for others']);
  });

  it('refuses everything when it is closed', async () => {
    const { queue } = queues;
    await queue.add('completion', 'a');
    await queue.close();
    await queue.close();
    await expect(queue.add('completion', 'b')).rejects.toBeInstanceOf(QueueUnavailable);
    await expect(queue.depth('completion')).rejects.toBeInstanceOf(QueueUnavailable);
    await expect(queue.consume('completion', 1, async () => {})).rejects.toBeInstanceOf(QueueUnavailable);
  });
}

/**
 * Takeover by time, which is slow: nobody takes what a living worker holds, somebody what a dead one held. It begins with the
 * file, so the other tests go on meanwhile, and `open` answers queues of a store that only this test uses.
 */
export function takeoverContract(
  open: () => Promise<QueuesUnderTest & { readonly url: string }>,
  backend: QueueWorkerBackend,
): void {
  let queues: Awaited<ReturnType<typeof open>>;
  let child: QueueWorker;
  let left: Promise<string[]>;
  const taken: string[] = [];
  beforeAll(async () => {
    queues = await open();
    child = await startQueueWorker(backend, queues.url);
    left = leftToTheLiving();
    // Told by the test that waits for it.
    left.catch(() => {});
  });
  afterAll(async () => {
    await child?.kill9();
    await queues?.stop();
  });

  /** Resolves to what another one took while the child lives and holds `a`. */
  async function leftToTheLiving(): Promise<string[]> {
    const { queue, other } = queues;
    await queue.add('completion', 'a');
    await eventually('the child has it', () => child.said().includes('taken a'));
    await other.consume('completion', 1, async (requestId) => void taken.push(requestId));
    await queue.add('completion', 'b');
    await eventually('the other works', () => taken.includes('b'));
    // Longer than a lock lasts and the next check of locks.
    const until = performance.now() + 9000;
    await eventually('time passes', () => performance.now() > until);
    return [...taken];
  }

  it('a queue leaves a job to a worker that lives, however long it takes, and hands it to another when it was killed', async () => {
    expect(await left).toEqual(['b']);
    const killedAt = performance.now();
    await child.kill9();
    await eventually('the other has it', () => taken.includes('a'));
    expect(performance.now() - killedAt).toBeLessThan(12_000 * patience());
    expect(child.said().match(/taken/g)).toHaveLength(1);
    expect(queues.errors).toEqual([]);
  });
}

type QueueWorkerBackend = 'onRedis' | 'onPostgres';

interface QueueWorker {
  said(): string;
  kill9(): Promise<void>;
}

/** A process that takes jobs and never finishes one. */
async function startQueueWorker(backend: QueueWorkerBackend, url: string): Promise<QueueWorker> {
  const script = `
    import { BullAiQueue } from './src/adapters/bullmq/bull-ai-queue.ts';
    const queue = BullAiQueue.${backend}(${JSON.stringify(url)}, (error) => console.log('error', error));
    await queue.consume('completion', 1, (requestId) => {
      console.log('taken ' + requestId);
      return new Promise(() => {});
    });
    console.log('ready');`;
  const options = ['--import', '@swc-node/register/esm-register', '--input-type=module', '--eval', script];
  const child: ChildProcess = spawn(process.execPath, options, { cwd: SERVER, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  await eventually('the worker is ready', () => said.includes('ready\n') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(said);
  return {
    said: () => said,
    kill9: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const SERVER = fileURLToPath(new URL('../..', import.meta.url));

/** The jobs that a worker of one gets, up to this one. */
async function consumed(
  queue: AiQueue,
  last: string,
  kind: 'completion' | 'analysis' = 'completion',
): Promise<string[]> {
  const done: string[] = [];
  const stop = await queue.consume(kind, 1, async (requestId) => void done.push(requestId));
  await eventually('the last is done', () => done.includes(last));
  await stop();
  return done;
}
