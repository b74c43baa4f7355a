import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Answer } from '@tandem/protocol';
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { accepted } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  ada = await world.person('Ada');
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

/** A cursor of `doc`, as an editor sends it. */
function cursorOf(doc: Y.Doc, state: Record<string, unknown> | null = { cursor: 1 }): Uint8Array {
  const awareness = new Awareness(doc);
  awareness.setLocalState(state);
  const update = encodeAwarenessUpdate(awareness, [doc.clientID]);
  awareness.destroy();
  return update;
}

it('CON-6: an accepted cursor is not answered, a refused one is', async () => {
  const { documentId } = await world.share(ada);
  const { client, doc } = await PlainEditor.open(await world.connect(ada), documentId);
  const watcher = await world.connect(ada);
  await accepted(watcher.ask('document:open', { documentId }));
  const answers: unknown[] = [];
  const show = (of: string) =>
    client.sendRaw('awareness:update', { documentId: of, update: cursorOf(doc) }, (answer: unknown) =>
      answers.push(answer),
    );
  show(documentId);
  await watcher.hears('awareness:update');
  show(randomUUID());
  // Asked after both, answered after both.
  await accepted(client.ask('document:close', { documentId }));
  expect(answers).toMatchObject([{ ok: false, error: { code: 'not_open' } }]);
});

it('CON-6 CON-7: what a request holds beyond its form is ignored, in the body and behind it', async () => {
  const { documentId } = await world.share(ada, [], { text: 'stored' });
  const client = await world.connect(ada);
  const opened = await client.askRaw('document:open', { documentId, colour: 'green' }, 'more', { and: 'more' });
  expect(opened).toMatchObject({ ok: true, seq: 1, role: 'owner' });
});

it('CON-8 DOC-4: edits, a close and a new open sent in one breath are handled in this order, and nothing is missed', async () => {
  const { documentId } = await world.share(ada);
  const client = await world.connect(ada);
  const doc = new Y.Doc();
  const edits: Promise<Answer<object>>[] = [];
  const opened = client.ask('document:open', { documentId, clientId: doc.clientID });
  doc.on('update', (update: Uint8Array) => edits.push(client.ask('document:update', { documentId, update })));
  for (const word of ['one ', 'two ', 'three']) doc.getText('content').insert(doc.getText('content').length, word);
  const closed = client.ask('document:close', { documentId });
  const again = await PlainEditor.open(client, documentId);
  expect(await opened).toMatchObject({ ok: true, seq: 0 });
  expect(await Promise.all(edits)).toEqual([1, 2, 3].map((seq) => ({ ok: true, seq })));
  expect(await closed).toEqual({ ok: true });
  await again.shows('one two three');
  expect(again.frames[0]?.fromSeq ?? again.opened.seq + 1).toBe(again.opened.seq + 1);
});

it('CON-3: the server names itself the same to all, and each its own user', async () => {
  const bob = await world.person('Bob');
  const [first, second] = await Promise.all([ada, bob].map(async (person) => (await world.connect(person)).greeted()));
  expect(first!.node).toBe(second!.node);
  expect(first!.node.length).toBeGreaterThan(0);
  expect([first!.userId, second!.userId]).toEqual([ada.user.id, bob.user.id]);
});
