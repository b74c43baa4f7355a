import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { EventOf } from '@tandem/protocol';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { AppConfig } from '../../../src/config/app-config.js';
import { NodeBus } from '../../../src/core/bus/node-bus.js';
import { RoomBus } from '../../../src/core/document/room-bus.js';
import { eventually } from '../../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../../src/testing/postgres.js';
import { accepted, refusedWith } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import { type Person, SyncWorld } from '../../support/sync-world.js';

/** What another node hears of may take so long (D8); without the bus, one look at the heads more. */
const TOLD_MS = 1_500;
const FOUND_OUT_MS = 2_500;
/** A cursor that is not heard of at once is asked for again with the next beat. */
const CURSOR_MS = 4_000;

/** What nodes on one PostgreSQL promise, whatever carries their news; `settings` is asked for when everything is set up. */
export function twoNodes(settings: () => Partial<AppConfig>): void {
  let database: TestDatabase;
  let here: SyncWorld;
  let there: SyncWorld;
  let ada: Person;
  let bob: Person;
  const unplugged: (() => void)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    const all = { databaseUrl: database.url, ...settings() };
    here = await SyncWorld.start(all);
    there = await SyncWorld.start(all, here.server.secret);
    [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
  });
  afterEach(async () => {
    for (const plug of unplugged.splice(0)) plug();
    await Promise.all([here.hangUp(), there.hangUp()]);
  });
  afterAll(async () => {
    await Promise.all([here?.stop(), there?.stop()]);
    await database?.drop();
  });

  /** Ada on one node, Bob on the other. */
  async function pair() {
    const shared = await here.share(ada, [[bob, 'editor']]);
    const mine = await PlainEditor.open(await here.connect(ada), shared.documentId);
    const theirs = await PlainEditor.open(await there.connect(bob), shared.documentId);
    return { ...shared, mine, theirs };
  }

  /** Nothing is heard between the nodes any more. */
  function unplug(): void {
    for (const world of [here, there]) {
      const bus = world.server.app.get(NodeBus, { strict: false });
      const publish = bus.publish;
      bus.publish = () => undefined;
      unplugged.push(() => {
        bus.publish = publish;
      });
    }
  }

  function awarenessOf(editor: PlainEditor): Awareness {
    const awareness = new Awareness(editor.doc);
    awareness.setLocalState(null);
    if (editor.opened.awareness) applyAwarenessUpdate(awareness, editor.opened.awareness, 'server');
    const take = ({ documentId, update }: EventOf<'awareness:update'>) => {
      if (documentId === editor.documentId) applyAwarenessUpdate(awareness, update, 'server');
    };
    // What came between the answer and now is taken too.
    for (const told of editor.client.told('awareness:update')) take(told);
    editor.client.on('awareness:update', take);
    return awareness;
  }

  function moveCursor(editor: PlainEditor, at: number): void {
    const awareness = new Awareness(editor.doc);
    awareness.setLocalState({ cursor: at });
    const update = encodeAwarenessUpdate(awareness, [editor.doc.clientID]);
    awareness.destroy();
    editor.client.sendRaw('awareness:update', { documentId: editor.documentId, update });
  }

  it('D5: edits of both nodes reach both, in one order', async () => {
    const { documentId, mine, theirs } = await pair();
    for (let n = 0; n < 20; n++) await Promise.all([mine.type(`a${n} `, 0), theirs.type(`b${n} `)]);
    await Promise.all([mine.saved(), theirs.saved()]);
    await eventually('both show the same', () => mine.text === theirs.text && mine.text.length > 100);
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
    expect((await here.rows(documentId)).map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  it('D5 F11: with the bus dead both go on, and know of each other within two seconds', async () => {
    const { mine, theirs } = await pair();
    unplug();
    await Promise.all([mine.type('from here '), theirs.type('from there ', 0)]);
    await eventually(
      'both show both',
      () => [mine, theirs].every(({ text }) => /from here/.test(text) && /from there/.test(text)),
      FOUND_OUT_MS,
    );
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
  });

  it('D3: who opens on the other node misses nothing of what is typed meanwhile', async () => {
    const { documentId, mine } = await pair();
    const typing = (async () => {
      for (let n = 0; n < 40; n++) await mine.type(`${n} `);
    })();
    const late = await PlainEditor.open(await there.connect(bob), documentId);
    await typing;
    await late.shows(mine.text);
  });

  it('AWR-3 AWR-4: cursors are seen on the other node, by who comes later too, and go with their editor', async () => {
    const { documentId, mine, theirs } = await pair();
    const seen = awarenessOf(theirs);
    moveCursor(mine, 7);
    await eventually('the cursor is seen', () => seen.getStates().get(mine.doc.clientID)?.cursor === 7, CURSOR_MS);
    expect(seen.getStates().get(mine.doc.clientID)?.user).toMatchObject({ name: 'Ada' });
    const later = awarenessOf(await PlainEditor.open(await there.connect(bob), documentId));
    expect(later.getStates().has(mine.doc.clientID)).toBe(true);
    mine.client.disconnect();
    await eventually('it is gone', () => !seen.getStates().has(mine.doc.clientID), CURSOR_MS);
    seen.destroy();
    later.destroy();
  });

  it('a document that is opened on a node first shows the cursors of the others', async () => {
    const { documentId } = await here.share(ada, [[bob, 'editor']]);
    const mine = await PlainEditor.open(await here.connect(ada), documentId);
    moveCursor(mine, 3);
    await eventually('the node has it', () => here.engine.rooms.get(documentId)!.awareness.encodeOwn() !== undefined);
    const seen = awarenessOf(await PlainEditor.open(await there.connect(bob), documentId));
    await eventually('the cursor is seen', () => seen.getStates().has(mine.doc.clientID), CURSOR_MS);
    seen.destroy();
  });

  it.each([
    ['told', TOLD_MS],
    ['found out, the bus being dead', FOUND_OUT_MS],
  ])('D8: a right that is taken away on one node is gone on the other: %s', async (how, withinMs) => {
    const { projectId, documentId, theirs } = await pair();
    if (how !== 'told') unplug();
    await here.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    await theirs.client.hears('document:role', ({ role }) => role === 'viewer', withinMs);
    const update = theirs.prepare((text) => text.insert(0, 'no'));
    expect(await refusedWith(theirs.client.ask('document:update', { documentId, update }))).toMatchObject({
      code: 'forbidden',
    });
    await here.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
    await theirs.client.hears('document:status', ({ state }) => state === 'closed', withinMs);
  });

  it('D8: a document that is deleted on one node is closed on the other', async () => {
    for (const isPlugged of [true, false]) {
      const { documentId, theirs } = await pair();
      if (!isPlugged) unplug();
      await here.rest(ada, 'DELETE', `/documents/${documentId}`);
      await theirs.client.hears(
        'document:status',
        (status) => status.documentId === documentId && status.state === 'closed',
        isPlugged ? TOLD_MS : FOUND_OUT_MS,
      );
    }
  });

  it('PRJ-2: the tree of a project changes on every node', async () => {
    const { projectId } = await pair();
    const watching = await there.connect(bob);
    await accepted(watching.ask('project:open', { projectId }));
    const documentId = await here.addDocument(ada, projectId);
    await watching.hears(
      'project:event',
      (event) => event.type === 'document.created' && event.document.id === documentId,
    );
  });

  it('V1: an editor that comes back on another node goes on under its client id', async () => {
    const { documentId, mine } = await pair();
    await mine.type('one ');
    mine.client.disconnect();
    const doc = new Y.Doc();
    doc.clientID = mine.doc.clientID;
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(mine.doc), 'server');
    const back = await PlainEditor.open(await there.connect(ada), documentId, { doc, instance: 'same' });
    await back.type('two');
    const reader = new Y.Doc();
    for (const { bytes } of await here.rows(documentId)) Y.applyUpdate(reader, bytes);
    expect(reader.getText('content').toString()).toBe('one two');
  });

  it('DOC-31 V1: a copy of a tab, on another node, is client_id_taken while both are there', async () => {
    const { documentId } = await here.share(ada, [[bob, 'editor']]);
    const doc = new Y.Doc();
    const mine = await PlainEditor.open(await here.connect(ada), documentId, { doc, instance: 'tab' });
    const clientId = doc.clientID;
    const copy = await there.connect(ada);
    for (const world of [here, there]) {
      const client = world === there ? copy : await here.connect(ada);
      expect(await refusedWith(client.ask('document:open', { documentId, clientId, instance: 'copy' }))).toMatchObject({
        code: 'client_id_taken',
      });
    }
    // Its own reconnect may come to any node.
    await mine.type('one ');
    await accepted(copy.ask('document:open', { documentId, clientId, instance: 'tab' }));
  });

  it('F28: cursors of a node that died go when its lease has run out', async () => {
    const { documentId, theirs } = await pair();
    const room = there.engine.rooms.get(documentId)!;
    const ghost = new Awareness(new Y.Doc());
    ghost.setLocalState({ user: { name: 'Ghost' } });
    const update = encodeAwarenessUpdate(ghost, [ghost.clientID]);
    ghost.destroy();
    const heard: number[] = [];
    theirs.client.on('awareness:update', ({ update: told }) => heard.push(told.length));
    here.server.app
      .get(RoomBus, { strict: false })
      .publish({ type: 'cursors', documentId, node: 'a node without a lease', update });
    await eventually('the ghost is shown, and taken away', () => heard.length >= 2, 5_000);
    expect(room.awareness.remoteNodes).not.toContain('a node without a lease');
  });
}
