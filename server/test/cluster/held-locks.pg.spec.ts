import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { fenceDocuments, lockProject } from '../../src/adapters/postgres/project-change.js';
import { isUnavailable } from '../../src/adapters/postgres/store-errors.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

/** So many that every writer of the node has some. */
const DOCUMENTS = 4;
/** PostgreSQL ends a transaction that has slept for ten seconds. */
const GIVEN_UP_MS = 30_000;

describe('a node that stops in the middle of a transaction', () => {
  let database: TestDatabase;
  let sleeping: SyncWorld;
  let awake: SyncWorld;
  let ada: Person;
  beforeAll(async () => {
    database = await createTestDatabase();
    sleeping = await SyncWorld.start({ databaseUrl: database.url });
    awake = await SyncWorld.start({ databaseUrl: database.url }, sleeping.server.secret);
    ada = await sleeping.person('Ada');
  });
  afterEach(async () => {
    await Promise.all([sleeping?.hangUp(), awake?.hangUp()]);
  });
  afterAll(async () => {
    await Promise.all([sleeping?.stop(), awake?.stop()]);
    await database?.drop();
  });

  async function editors(): Promise<{ projectId: string; all: PlainEditor[] }> {
    const { projectId, documentId } = await awake.share(ada);
    const more = Array.from({ length: DOCUMENTS - 1 }, () => awake.addDocument(ada, projectId));
    const client = await awake.connect(ada);
    const ids = [documentId, ...(await Promise.all(more))];
    return { projectId, all: await Promise.all(ids.map((id) => PlainEditor.open(client, id))) };
  }

  it('D7 F12: keeps nobody from other documents, and from its own until PostgreSQL has ended it', async () => {
    const [held, free] = [await editors(), await editors()];
    const node = sleeping.server.app.get(DataSource, { strict: false }).createQueryRunner();
    try {
      await node.startTransaction();
      await lockProject(node.manager, held.projectId);
      await fenceDocuments(node.manager, held.projectId);
      // From here on it sleeps.
      const saved: string[] = [];
      // Answered after as long as a client of this test waits, or a little later.
      for (const editor of held.all) void editor.type('held').then(() => saved.push('held'), ignore);
      for (let round = 0; round < 3; round++) await Promise.all(free.all.map((editor) => editor.type('free')));
      expect(saved).toEqual([]);
      for (const { documentId } of held.all) {
        const isStored = async () => (await awake.rows(documentId)).length === 1;
        await eventually('what waited is stored', isStored, GIVEN_UP_MS);
      }
      // What it had in mind comes too late, and is told apart from a fault of its own.
      const late = await node.query('SELECT 1').catch((error: unknown) => error);
      expect(isUnavailable(late)).toBe(true);
    } finally {
      await node.rollbackTransaction().catch(() => undefined);
      await node.release();
    }
  });
});

function ignore(): void {}
