import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { patience } from '../../../src/testing/patience.js';
import type { ServerProcess } from '../../../src/testing/server-process.js';
import { words } from './support/lanes.js';
import { toldOf } from './support/stream-rules.js';
import { attempts, broken, hears, type Watched, WorkersWorld } from './support/workers-world.js';

/** Long enough to outlive the start of another worker. */
const SLOW = { tokens: words(60, 'old'), tokensPerSecond: 2 };
const QUICK = { tokens: words(20, 'new') };

describe('a worker of its own that goes away, on PostgreSQL alone', () => {
  let world: WorkersWorld;
  /** The one that has the next request, because it is the only one when it is asked. */
  let worker: ServerProcess;
  let alone: { world: WorkersWorld; asked: Watched; lastedMs: Promise<number> };
  beforeAll(async () => {
    world = await WorkersWorld.start();
    // Takes half a minute, in which the others go on.
    const lonely = await WorkersWorld.start();
    const asked = await lonely.ask();
    alone = { world: lonely, asked, lastedMs: lasted(asked) };
    worker = await world.worker();
  });
  afterAll(() => Promise.all([world?.stop(), alone?.world.stop()]));

  /** Asks `worker`, and starts another one when three deltas have come. */
  async function begun(): Promise<{ asked: Watched; next: ServerProcess; before: number }> {
    const before = world.model.requests.length;
    world.model.onRequest = (_request, index) => (index === before ? SLOW : QUICK);
    const asked = await world.ask();
    await hears(asked, 'completion:delta', ({ index }) => index === 2);
    return { asked, next: await world.worker(), before };
  }

  it('F28 CMP-7: kill -9 after the third delta: another one takes over within 15 s, from the beginning', async () => {
    const { asked, next } = await begun();
    worker.signal('SIGKILL');
    const at = performance.now();
    const { attempt } = await hears(asked, 'completion:restarted', () => true, 15_000);
    process.stdout.write(`taken over after ${Math.round(performance.now() - at)} ms\n`);
    expect(attempt).toBe(2);
    expect(await hears(asked, 'completion:done')).toMatchObject({ outcome: 'complete', text: QUICK.tokens.join('') });
    expect(await broken(asked)).toEqual([]);
    expect(attempts(asked)).toEqual([1, 2]);
    worker = next;
  });

  it('F28 CMP-7: SIGTERM: the request is handed over within 5 s', async () => {
    const { asked, next } = await begun();
    worker.signal('SIGTERM');
    const at = performance.now();
    await hears(asked, 'completion:restarted', () => true, 5_000);
    process.stdout.write(`handed over after ${Math.round(performance.now() - at)} ms\n`);
    expect(await hears(asked, 'completion:done')).toMatchObject({ outcome: 'complete', text: QUICK.tokens.join('') });
    expect(await broken(asked)).toEqual([]);
    expect(await worker.exited()).toBe(0);
    worker = next;
  });

  it('F28 CMP-7: one that was frozen and comes back neither speaks again nor takes its request back', async () => {
    const { asked, next, before } = await begun();
    // The second answer lasts until after the thaw; the first one ends in silence, which is a break to who waits for it.
    world.model.onRequest = () => ({ tokens: words(30, 'new'), tokensPerSecond: 10 });
    worker.signal('SIGSTOP');
    await hears(asked, 'completion:restarted', () => true, 15_000);
    await hears(asked, 'completion:delta', ({ attempt, index }) => attempt === 2 && index > 2);
    worker.signal('SIGCONT');
    expect(await hears(asked, 'completion:done')).toMatchObject({
      outcome: 'complete',
      text: words(30, 'new').join(''),
    });
    expect(await broken(asked)).toEqual([]);
    expect(attempts(asked)).toEqual([1, 2]);
    expect(world.model.requests.length - before).toBe(2);
    await next.stop('SIGKILL');
  });

  it('F28 CMP-4 CMP-13: without any worker, the asker is told so in the end', async () => {
    const { asked, lastedMs } = alone;
    expect(await hears(asked, 'completion:done', () => true, 45_000)).toMatchObject({ outcome: 'failed' });
    expect(await lastedMs).toBeLessThan(45_000 * patience());
    const told = toldOf(asked.editor.client, asked.id);
    expect(told.map(({ name }) => name)).toEqual(['ai:unavailable', 'completion:done', 'completion:closed']);
    expect(told[0]!.body).toMatchObject({ reason: 'queue_unavailable' });
    expect(toldOf(asked.other, asked.id)).toEqual([]);
  });
});

/** Resolves to how long it takes from now until the asker is told the end, in milliseconds. */
function lasted({ id, editor }: Watched): Promise<number> {
  const since = performance.now();
  return new Promise((resolve) => {
    editor.client.on('completion:done', (done) => {
      if (done.completionId === id) resolve(performance.now() - since);
    });
  });
}
