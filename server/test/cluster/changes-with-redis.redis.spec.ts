import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProjectEvent } from '@tandem/protocol';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { type PrivateRedis, startPrivateRedis } from '../../src/testing/private-redis.js';
import { describeWith } from '../../src/testing/requires.js';
import { accepted, type PlainClient } from '../support/plain-client.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { changesOnTwoNodes } from './support/changes-on-two-nodes.js';

const FOUND_OUT_MS = 2_000;

describeWith('redis-server', 'rights on two nodes with Redis', (program) => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis(program);
  });
  afterAll(() => redis?.stop());

  describe('that works', () => changesOnTwoNodes(() => ({ redisUrl: redis.url })));

  describe('that does not', () => {
    let database: TestDatabase;
    let here: SyncWorld;
    let there: SyncWorld;
    let ada: Person;
    let bob: Person;
    beforeAll(async () => {
      database = await createTestDatabase();
      const settings = { databaseUrl: database.url, redisUrl: redis.url };
      here = await SyncWorld.start(settings);
      there = await SyncWorld.start(settings, here.server.secret);
      [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
    });
    afterEach(async () => {
      redis.thaw();
      await Promise.all([here.hangUp(), there.hangUp()]);
    });
    afterAll(async () => {
      await Promise.all([here?.stop(), there?.stop()]);
      await database?.drop();
    });

    async function watch(person: Person, projectId: string): Promise<PlainClient> {
      const client = await there.connect(person);
      await accepted(client.ask('project:open', { projectId }));
      return client;
    }

    const types = (client: PlainClient) => client.told('project:event').map(({ type }) => type);
    const isMade = (documentId: string) => (event: ProjectEvent) =>
      event.type === 'document.created' && event.document.id === documentId;

    it.each([
      ['F10: is silent', async () => redis.freeze(), async () => redis.thaw()],
      ['F9: was killed', () => redis.kill9(), () => redis.restart()],
    ])('D8 %s: rights end all the same, and nothing is told again when it is back', async (_how, harm, mend) => {
      const { projectId } = await here.share(ada, [[bob, 'editor']]);
      const signedIn = { ...bob, ...(await here.signInAgain(bob)) };
      const [mine, his, other] = await Promise.all([
        watch(ada, projectId),
        watch(bob, projectId),
        there.connect(signedIn),
      ]);
      await harm();
      const [first] = await Promise.all([
        here.addDocument(ada, projectId),
        here.rest(undefined, 'POST', '/auth/logout', { refreshToken: signedIn.refreshToken }),
      ]);
      await here.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
      await Promise.all([
        other.hears('session:closed', ({ code }) => code === 'invalid_token', FOUND_OUT_MS),
        his.hears('project:event', ({ type }) => type === 'member.removed', FOUND_OUT_MS),
        mine.hears('project:event', isMade(first), FOUND_OUT_MS),
      ]);
      await mend();
      // The bus brings what waited, and then this.
      const second = await here.addDocument(ada, projectId);
      await mine.hears('project:event', isMade(second));
      const third = await here.addDocument(ada, projectId);
      await mine.hears('project:event', isMade(third));
      expect(types(mine)).toEqual(['document.created', 'member.removed', 'document.created', 'document.created']);
      expect(types(his).at(-1)).toBe('member.removed');
      expect(types(his).length).toBeLessThanOrEqual(2);
      expect(other.told('session:closed')).toHaveLength(1);
    });
  });
});
