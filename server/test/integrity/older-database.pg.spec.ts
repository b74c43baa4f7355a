import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { closeTabs, Tab } from './support/tab.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  // It would find out as well, some time.
  await world.engine.integrity.digests.stop();
  [ada, bob] = [await world.person('Ada'), await world.person('Bob')];
});
afterEach(async () => {
  await closeTabs();
  await world?.hangUp();
});
afterAll(() => world?.stop());

/** As a standby that had not heard of the last commits takes over, or somebody puts an older backup in place. */
async function forgetAfter(sql: Pick<Client, 'query'>, documentId: string, seq: number): Promise<void> {
  await sql.query('DELETE FROM document_updates WHERE document_id = $1 AND seq > $2', [documentId, seq]);
  await sql.query('UPDATE documents SET head = $2 WHERE id = $1', [documentId, seq]);
}

async function typed() {
  const { documentId } = await world.share(ada, [[bob, 'editor']]);
  const [adas, bobs] = [await Tab.open(world, ada, documentId), await Tab.open(world, bob, documentId)];
  for (const word of ['one ', 'two ', 'three']) await adas.type(word);
  await bobs.shows('one two three');
  return { documentId, adas, bobs };
}

async function allShow(documentId: string, tabs: readonly Tab[], text: string): Promise<void> {
  for (const tab of tabs) await tab.shows(text);
  const newcomer = await PlainEditor.open(await world.connect(bob), documentId);
  expect(newcomer.text).toBe(text);
}

describe('V5: a database that came back older than the rooms', () => {
  it('is found out while nobody types: editors open anew and keep what they had', async () => {
    const { documentId, adas, bobs } = await typed();
    await forgetAfter(world.sql, documentId, 1);
    await allShow(documentId, [adas, bobs], 'one ');
    for (const { provider } of [adas, bobs]) {
      expect(provider.kept.map(({ text }) => text)).toEqual(['one two three']);
      expect(provider.status).toBe('open');
    }
    await bobs.type('again');
    await allShow(documentId, [adas, bobs], 'one again');
  });

  it('is found out by the first edit, which is not stored behind what it builds on no more', async () => {
    const { documentId, adas, bobs } = await typed();
    const release = await world.holdAppends(documentId, (sql) => forgetAfter(sql, documentId, 1));
    adas.provider.text.insert(0, 'early ');
    await world.appendWaits();
    await release();
    await allShow(documentId, [adas, bobs], 'one ');
    expect(adas.provider.kept.map(({ text }) => text)).toEqual(['early one two three']);
    expect(bobs.provider.kept.map(({ text }) => text)).toEqual(['one two three']);
    await bobs.type('again');
    await allShow(documentId, [adas, bobs], 'one again');
    expect((await world.rows(documentId)).map(({ seq }) => seq)).toEqual([1, 2]);
  });
});
