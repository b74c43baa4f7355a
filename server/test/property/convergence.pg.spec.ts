import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '@tandem/protocol/testing';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { editFree, editText, fingerprint } from '../../src/testing/yjs-edits.js';
import { PlainEditor } from '../support/plain-editor.js';
import { SdkActor } from '../support/sdk-actor.js';
import { type Actor, StockActor } from '../support/stock-actor.js';
import { hasPending, replay, storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

const STEPS = 150;

let world: SyncWorld;
let people: Person[];
let actors: Actor[] = [];

beforeAll(async () => {
  // So small that compaction runs while the plan does.
  world = await SyncWorld.start({ compactRows: 40, compactBytes: 2_000 });
  people = await Promise.all(['Ada', 'Bob', 'Cem', 'Eve'].map((name) => world.person(name)));
});
afterEach(async () => {
  await Promise.all(actors.map((actor) => actor.end()));
  actors = [];
  await world?.hangUp();
});
afterAll(() => world?.stop());

/** One turn of the network, without a clock. */
const breathe = () => world.sql.query('SELECT 1');

async function step(random: SeededRandom, edit: (doc: Y.Doc, next: () => number) => void): Promise<void> {
  const actor = random.pick(actors);
  const dice = random.next();
  if (dice < 0.7) for (let i = 0; i <= random.integer(4); i++) edit(actor.doc, random.next);
  else if (dice < 0.79) actor.cut();
  else if (dice < 0.87) void actor.reconnect();
  else if (dice < 0.9) await actor.reopen();
  else await breathe();
}

async function converge(documentId: string): Promise<void> {
  await Promise.all(actors.map((actor) => actor.settle()));
  const stored = await storedFingerprint(world.sql, documentId);
  const differing = () => actors.filter((actor) => JSON.stringify(fingerprint(actor.doc)) !== JSON.stringify(stored));
  await eventually('all editors show what is stored', () => differing().length === 0).catch(() => {
    for (const actor of differing()) expect({ [actor.name]: fingerprint(actor.doc) }).toEqual({ [actor.name]: stored });
  });
  for (const { doc } of actors) expect(hasPending(doc)).toBe(false);
  // What was typed in tabs that crashed is stored too.
  const vector = new Map(JSON.parse(stored.vector) as [number, number][]);
  for (const doc of actors.flatMap(({ abandoned }) => abandoned)) {
    expect([doc.clientID, vector.get(doc.clientID) ?? 0]).toEqual([doc.clientID, Y.getState(doc.store, doc.clientID)]);
  }
  const rows = await world.rows(documentId);
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  // The log in another order of clients, and at once, is the same document.
  const updates = rows.map(({ bytes }) => bytes);
  expect(fingerprint(replay([Y.mergeUpdates(updates)]))).toEqual(stored);
  const joiner = await PlainEditor.open(await world.connect(people[0]!), documentId);
  expect(joiner.fingerprint).toEqual(stored);
}

it.each([
  ['text', editText],
  ['free', editFree],
] as const)(
  'DOC-11 DOC-32 D1 D3 D4: editors that edit, break off, crash and come back end in the same %s, and it is the log',
  async (kind, edit) => {
    await withSeeds(5, async (random) => {
      const [ada, ...others] = people;
      const members = others.map((person) => [person, 'editor'] as const);
      const { documentId } = await world.share(ada!, members, { kind });
      actors = people.map((person, i) => {
        const Kind = i % 2 === 0 ? StockActor : SdkActor;
        return new Kind(`${Kind.name} ${i}`, world, person, documentId);
      });
      for (let i = 0; i < STEPS; i++) await step(random, edit);
      await converge(documentId);
      await Promise.all(actors.map((actor) => actor.end()));
      await world.roomHas(documentId, 1);
      await world.hangUp();
      await world.roomHas(documentId, 0);
      world.forget(documentId);
      const cold = await PlainEditor.open(await world.connect(ada!), documentId);
      expect(cold.fingerprint).toEqual(await storedFingerprint(world.sql, documentId));
      await world.hangUp();
    });
  },
  300_000,
);
