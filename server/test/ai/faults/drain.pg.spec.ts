import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { eventually } from '../../../src/testing/eventually.js';
import { patience } from '../../../src/testing/patience.js';
import { createTestDatabase, type TestDatabase } from '../../../src/testing/postgres.js';
import { accepted } from '../../support/plain-client.js';
import { ask, isDone } from '../support/ai-world.js';
import { FaultWorld } from './support/fault-world.js';
import { inProcessWorker } from './support/in-process-worker.js';
import { words } from './support/lanes.js';
import { brokenRules, toldOf } from './support/stream-rules.js';

describe('a worker that is stopping', () => {
  let database: TestDatabase;
  let world: FaultWorld;
  let worker: INestApplicationContext;
  beforeAll(async () => {
    database = await createTestDatabase();
    world = await FaultWorld.start({ settings: { databaseUrl: database.url }, worker: 'none' });
  });
  afterAll(async () => {
    // Once more does nothing.
    await worker?.close();
    await world?.stop();
    await database?.drop();
  });

  it('F30 CMP-6: hears of a cancel while it lets its requests end', async () => {
    world.model.onRequest = () => ({ tokens: words(8), isEndless: true, tokensPerSecond: 20 });
    worker = await inProcessWorker(world, database.url);
    const ada = await world.sync.person('Ada');
    const { documentId } = await world.sync.share(ada, [], { text: 'const total = ' });
    const editor = await world.open(ada, documentId);
    const { client } = editor;
    const id = await ask(editor);
    await client.hears('completion:delta');
    const stopped = worker.close();
    const at = performance.now();
    await accepted(client.ask('completion:cancel', { completionId: id }));
    await eventually('the model is left alone', () => world.model.aborted.length === 1);
    // By itself it gives up after two seconds.
    expect(world.model.aborted[0]!.abortedAt! - at).toBeLessThan(1_500 * patience());
    await stopped;
    expect(await isDone(client, id)).toMatchObject({ outcome: 'cancelled' });
    expect(brokenRules(toldOf(client, id), 'asker')).toEqual([]);
  });
});
