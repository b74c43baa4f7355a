import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { hasPending } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { Damage } from './support/damage.js';
import { closeTabs, Tab } from './support/tab.js';

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let damage: Damage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  here = await SyncWorld.start({ databaseUrl: database.url });
  there = await SyncWorld.start({ databaseUrl: database.url }, here.server.secret);
  damage = new Damage(here);
  [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
});
afterEach(async () => {
  await closeTabs();
  await Promise.all([here?.hangUp(), there?.hangUp()]);
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

const share = () => here.share(ada, [[bob, 'editor']]);

/** What somebody gets who has nothing, from a server that has read the log anew. */
async function cold(documentId: string): Promise<PlainEditor> {
  damage.forget(documentId);
  return PlainEditor.open(await here.connect(bob), documentId);
}

describe('a damaged document is healed by a node that has it open', () => {
  it('DOC-46: the store gets a snapshot of the whole room; the node that had read the rest reads it anew', async () => {
    const { documentId } = await share();
    const whole = await Tab.open(here, ada, documentId);
    for (const word of ['one ', 'two ', 'three']) await whole.type(word);
    await whole.delete(0, 1);
    for (const seq of [2, 4]) await damage.flipRow(documentId, seq, 5);

    const other = await Tab.open(there, bob, documentId);
    const opened = other.text;
    await damage.isHealed(ada, documentId);
    await other.shows('ne two three');
    expect(['one ', 'ne two three']).toContain(opened);
    await other.type('!');
    await whole.shows('ne two three!');
    expect(other.provider.kept).toEqual([]);
    await closeTabs();
    const reader = await cold(documentId);
    expect(reader.text).toBe('ne two three!');
    expect(reader.opened).not.toHaveProperty('damaged');
    // Rows behind the snapshot are as they are: it does no harm.
    expect((await damage.quarantined(documentId)).every(({ healed }) => healed)).toBe(true);
  });

  it('M13: also of a delete, of which no state vector tells, and while somebody types on both nodes', async () => {
    const { documentId } = await share();
    const whole = await Tab.open(here, ada, documentId);
    await whole.type('hello world');
    await whole.delete(0, 6);
    await damage.flipRow(documentId, 2, 1);
    const other = await Tab.open(there, bob, documentId);
    for (let i = 0; i < 10; i++) await Promise.all([whole.type('a'), other.type('b')]);
    await damage.isHealed(ada, documentId);
    await eventually('both show the same', () => whole.text === other.text && !whole.text.includes('hello'));
    expect([...whole.text].filter((letter) => letter === 'b').length).toBe(10);
    await closeTabs();
    expect((await cold(documentId)).text).toBe(whole.text);
  });
});

describe('a damaged document is healed by its editors', () => {
  /** Ada and Bob have typed, and the only server has died; a row cannot be read when it is back. */
  async function damaged(type: (ada: Tab, bob: Tab) => Promise<void>, ...seqs: number[]) {
    const { documentId } = await share();
    const [adas, bobs] = [await Tab.open(here, ada, documentId), await Tab.open(here, bob, documentId)];
    await type(adas, bobs);
    await bobs.shows(adas.text);
    const { text } = adas;
    for (const seq of seqs) await damage.flipRow(documentId, seq, 5);
    return { documentId, adas, bobs, text };
  }

  it('DOC-44: who wrote it brings it back, and rows of others that built on it are stored again', async () => {
    const { documentId, adas, bobs, text } = await damaged(async (a, b) => {
      await a.type('one ');
      await b.shows('one ');
      await b.type('two ');
      await a.shows('one two ');
      await a.type('three');
    }, 1);
    // Bob comes first: the document is hollow but for him, and he has nothing that it could take.
    damage.forget(documentId, bob);
    await damage.isFlagged(ada, documentId);
    await eventually('Bob is back', () => bobs.provider.synced);
    here.cutConnections(ada);
    await damage.isHealed(ada, documentId);
    await bobs.type('!');
    await adas.shows(`${text}!`);
    for (const tab of [adas, bobs]) expect(tab.provider).toMatchObject({ kept: [], saved: true });
    await closeTabs();
    const reader = await cold(documentId);
    expect(reader.text).toBe(`${text}!`);
    expect(reader.opened).not.toHaveProperty('damaged');
  });

  it('M13: a lost delete is brought back by anybody who knows of it', async () => {
    const { documentId, adas, bobs } = await damaged(async (a, b) => {
      await a.type('hello world');
      await a.delete(0, 6);
      await b.shows('world');
    }, 2);
    await adas.close();
    damage.forget(documentId, bob);
    await damage.isHealed(ada, documentId);
    expect((await cold(documentId)).text).toBe('world');
    expect(bobs.provider.kept).toEqual([]);
  });

  it('stays flagged as long as nobody who had seen it has come, whatever else is typed', async () => {
    const { documentId, adas, bobs } = await damaged(async (a, b) => {
      await a.type('first ');
      await b.shows('first ');
      await b.type('second');
    }, 2);
    await Promise.all([adas.close(), bobs.close()]);
    damage.forget(documentId);
    const stranger = await Tab.open(here, ada, documentId);
    expect(stranger.text).toBe('first ');
    await stranger.type('third');
    // It says that it has all of a damaged document, which proves nothing.
    here.cutConnections(ada);
    await eventually('the tab is back', () => stranger.provider.synced);
    await stranger.type('.');
    await here.engine.integrity.healing.whenIdle();
    expect(await damage.damagedSince(ada, documentId)).toBeGreaterThan(0);
    expect(stranger.text).toBe('first third.');
  });

  it('A6: nobody may say what somebody else had written, in a damaged document either', async () => {
    const { documentId, adas, bobs } = await damaged(async (a, b) => {
      await a.type('secret');
      await b.type('x');
    }, 1);
    const forged = new Y.Doc();
    forged.clientID = adas.provider.doc.clientID;
    forged.getText('content').insert(0, 'forged');
    await Promise.all([adas.close(), bobs.close()]);
    damage.forget(documentId);
    const client = await here.connect(bob);
    const stateVector = Y.encodeStateVector(forged);
    const answer = await accepted(client.ask('document:open', { documentId, stateVector, seq: 2, epoch: 1 }));
    expect(answer.damaged).toEqual({ clientIds: [] });
    const update = Y.encodeStateAsUpdate(forged);
    expect(await refusedWith(client.ask('document:update', { documentId, update, resync: true }))).toMatchObject({
      code: 'not_your_client_id',
    });
    expect(await damage.damagedSince(ada, documentId)).toBeGreaterThan(0);
  });

  it('what was stored again reads the same by Yjs alone', async () => {
    const { documentId, adas } = await damaged(async (a, b) => {
      await a.type('abc');
      for (let i = 0; i < 6; i++) {
        await (i % 2 === 0 ? a : b).type(`${i}`, i);
        await b.shows(a.text);
        await a.shows(b.text);
      }
    }, 3);
    damage.forget(documentId, ada, bob);
    await damage.isHealed(ada, documentId);
    const { text } = adas;
    await closeTabs();
    const reader = await cold(documentId);
    expect(reader.text).toBe(text);
    // What had to wait for the lost row waits in Yjs as well, and nothing does in the end.
    const doc = new Y.Doc({ gc: false });
    for (const { seq, bytes } of await here.rows(documentId)) if (seq !== 3) Y.applyUpdate(doc, bytes);
    expect(hasPending(doc)).toBe(false);
    expect(fingerprint(doc)).toEqual(reader.fingerprint);
  });
});
