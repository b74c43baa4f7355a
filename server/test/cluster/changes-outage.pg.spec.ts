import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { type PrivatePostgres, startPrivatePostgres } from '../../src/testing/postgres.js';
import { accepted } from '../support/plain-client.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

describe('two nodes whose PostgreSQL is killed', () => {
  let postgres: PrivatePostgres;
  let here: SyncWorld;
  let there: SyncWorld;
  let ada: Person;
  let bob: Person;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    here = await SyncWorld.start({ databaseUrl: postgres.url });
    there = await SyncWorld.start({ databaseUrl: postgres.url }, here.server.secret);
    [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
    // The test's own connections end with it.
    for (const { sql } of [here, there]) sql.on('error', () => undefined);
  });
  afterAll(async () => {
    await Promise.all([here?.stop(), there?.stop()]);
    await postgres?.stop();
  });

  it('F3 F8 D8: rights that end right after it is back end on both, and nobody has to connect anew', async () => {
    const { projectId } = await here.share(ada, [[bob, 'editor']]);
    const [mine, his] = [await there.connect(ada), await there.connect(bob)];
    for (const client of [mine, his]) await accepted(client.ask('project:open', { projectId }));
    for (let round = 0; round < 3; round++) {
      const before = mine.told('project:event').length;
      await postgres.kill9();
      // As soon as anything is stored again.
      const rename = () => here.rest(ada, 'PATCH', `/projects/${projectId}`, { name: `Apollo ${round}` });
      await eventually('the database is back', () => rename().then(isDone, () => false));
      await mine.hears(
        'project:event',
        (event) => event.type === 'project.changed' && event.name === `Apollo ${round}`,
      );
      expect(mine.told('project:event')).toHaveLength(before + 1);
    }
    await here.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
    await his.hears('project:event', ({ type }) => type === 'member.removed', 2_000);
    expect([mine, his].map((client) => client.told('server:drain').length)).toEqual([0, 0]);
    expect([mine, his].map((client) => client.isConnected)).toEqual([true, true]);
  });
});

const isDone = () => true;
