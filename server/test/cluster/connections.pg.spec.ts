import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const COMMITTERS = 8;
/** What else a node does at once: a few loads, rights, client ids, REST. */
const OTHERS = 8;

let world: SyncWorld;
let ada: Person;
beforeAll(async () => {
  world = await SyncWorld.start({ committers: COMMITTERS });
  ada = await world.person('Ada');
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

it('COMMITTERS: however many writers keep a connection, the others have enough', async () => {
  const { projectId, documentId } = await world.share(ada);
  const client = await world.connect(ada);
  const laneOf = (id: string) => Number.parseInt(id.slice(-4), 16) % COMMITTERS;
  const lanes = new Set<number>();
  for (let id = documentId; lanes.size < COMMITTERS; id = await world.addDocument(ada, projectId)) {
    if (lanes.has(laneOf(id))) continue;
    lanes.add(laneOf(id));
    await (await PlainEditor.open(client, id)).type('x');
  }
  const runners = Array.from({ length: OTHERS }, () =>
    world.server.app.get(DataSource, { strict: false }).createQueryRunner(),
  );
  // Who finds none free is refused after some seconds.
  const found = await Promise.allSettled(runners.map((runner) => runner.connect()));
  await Promise.all(runners.map((runner) => runner.release()));
  expect(found.map(({ status }) => status)).toEqual(found.map(() => 'fulfilled'));
});
