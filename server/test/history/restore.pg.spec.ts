import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { HistoryPage, RestoreAnswer, Version } from '@tandem/protocol/http';
import * as Y from 'yjs';
import { HistoryWork } from '../../src/core/history/history-work.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  here = await SyncWorld.start({ databaseUrl: database.url });
  there = await SyncWorld.start({ databaseUrl: database.url }, here.server.secret);
  [ada, bob] = [await here.person('Ada'), await here.person('Bob')];
});
afterEach(() => Promise.all([here.hangUp(), there.hangUp()]));
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

/** Ada on one node, Bob on the other; the text of seq 1 is `alpha beta gamma`, by now it reads `alpha gamma delta`. */
async function pair() {
  const shared = await here.share(ada, [[bob, 'editor']]);
  const mine = await PlainEditor.open(await here.connect(ada), shared.documentId);
  const theirs = await PlainEditor.open(await there.connect(bob), shared.documentId);
  await mine.type('alpha beta gamma');
  mine.doc.getText('content').delete(6, 5);
  await mine.type(' delta');
  await theirs.shows('alpha gamma delta');
  return { ...shared, mine, theirs };
}

const restore = async (who: Person, documentId: string, body: object) =>
  (await here.rest(who, 'POST', `/documents/${documentId}/restore`, body)) as RestoreAnswer;
const changesOf = async (documentId: string) =>
  ((await here.rest(ada, 'GET', `/documents/${documentId}/history`)) as HistoryPage).changes;

/** The next restore waits, with its edit made and not yet sent, until the answered function is called. */
function holdRestore(): { isMade: Promise<void>; release: () => void } {
  const work = here.server.app.get(HistoryWork, { strict: false });
  const original = work.restore;
  let release!: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isMade = new Promise<void>((resolve) => {
    work.restore = async (...given) => {
      work.restore = original;
      const edit = await original.apply(work, given);
      resolve();
      await released;
      return edit;
    };
  });
  return { isMade, release };
}

describe('restore', () => {
  it('HIST-4: the text of then is in open editors on every node, as one edit of who asked', async () => {
    const { documentId, mine, theirs } = await pair();
    expect(await restore(bob, documentId, { seq: 1 })).toEqual({ seq: 4, changed: true });
    await Promise.all([mine.shows('alpha beta gamma'), theirs.shows('alpha beta gamma', 2_000)]);
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
    const rows = await here.rows(documentId);
    expect(rows.map(({ seq, userId }) => [seq, userId])).toEqual([
      [1, ada.user.id],
      [2, ada.user.id],
      [3, ada.user.id],
      [4, bob.user.id],
    ]);
    // Nothing but what differs.
    const { structs } = Y.decodeUpdate(rows[3]!.bytes);
    expect(structs.map((struct) => (struct as Y.Item).content.getContent().join(''))).toEqual(['beta ']);
    const [newest] = await changesOf(documentId);
    expect(newest).toMatchObject({ kind: 'restore', of: { seq: 1 }, fromSeq: 4, seq: 4 });
    expect(newest!.authors).toEqual([{ userId: bob.user.id, displayName: 'Bob' }]);
    await mine.type('!');
    await theirs.shows('alpha beta gamma!');
    // It is no text of a suggestion.
    expect(await here.rest(ada, 'GET', `/documents/${documentId}/attributions`)).toEqual({ attributions: [] });
  });

  it('HIST-4: nothing is lost of what is typed while it is made, not even inside of what it takes away', async () => {
    const { documentId, mine, theirs } = await pair();
    const held = holdRestore();
    const restored = restore(ada, documentId, { seq: 1 });
    await held.isMade;
    await mine.type('<', 0);
    await theirs.type('I', 14);
    await theirs.type('>');
    await Promise.all([mine.shows('<alpha gamma deIlta>'), theirs.shows('<alpha gamma deIlta>')]);
    held.release();
    expect(await restored).toEqual({ seq: 7, changed: true });
    await Promise.all([mine.shows('<alpha beta gammaI>'), theirs.shows('<alpha beta gammaI>')]);
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
  });

  it('HIST-4: of tokens typed all the while by both, each is there that came after it', async () => {
    const { documentId, mine, theirs } = await pair();
    let isOver = false;
    const seqs = new Map<string, number>();
    const typing = [mine, theirs].map(async (editor, who) => {
      for (let n = 0; !isOver; n++) {
        const token = `${who}.${n};`;
        seqs.set(token, await editor.type(token, n % 2 ? 0 : undefined));
      }
    });
    const restores: number[] = [];
    for (let i = 0; i < 5; i++) {
      const { seq, changed } = await restore(bob, documentId, { seq: 1 });
      expect(changed).toBe(true);
      restores.push(seq);
    }
    const last = restores.at(-1)!;
    await eventually('more is typed after it', () => [...seqs.values()].filter((seq) => seq > last).length > 20);
    isOver = true;
    await Promise.all(typing);
    await eventually('both read the same', () => mine.text === theirs.text);
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
    const missing = [...seqs].filter(([token, seq]) => seq > last && !mine.text.includes(token));
    expect(missing).toEqual([]);
    for (const word of ['alpha', 'beta', 'gamma']) expect(mine.text).toContain(word);
    const rows = await here.rows(documentId);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1));
  });

  it('HIST-4: is undone by the seq before it, and changes nothing the second time', async () => {
    const { documentId, mine } = await pair();
    const { seq } = await restore(ada, documentId, { seq: 1 });
    expect(await restore(ada, documentId, { seq: 1 })).toEqual({ seq, changed: false });
    expect(await restore(ada, documentId, { seq: seq - 1 })).toEqual({ seq: seq + 1, changed: true });
    await mine.shows('alpha gamma delta');
    expect((await changesOf(documentId)).map(({ kind }) => kind)).toEqual(['restore', 'restore', 'edit']);
  });

  it('HIST-4: is undone in an editor as any edit of others', async () => {
    const { documentId, mine, theirs } = await pair();
    // What others do counts as this editor's own.
    const undo = new Y.UndoManager(mine.doc.getText('content'), { trackedOrigins: new Set(['server']) });
    await restore(bob, documentId, { seq: 1 });
    await mine.shows('alpha beta gamma');
    undo.undo();
    await mine.saved();
    await theirs.shows('alpha gamma delta');
    expect(theirs.fingerprint).toEqual(mine.fingerprint);
  });

  it('HIST-4: takes a time or a version', async () => {
    const { documentId, mine } = await pair();
    const version = (await here.rest(ada, 'POST', `/documents/${documentId}/versions`, {
      name: 'v',
      seq: 2,
    })) as Version;
    await here.sql.query(
      `UPDATE document_updates SET created_at = created_at - interval '1 hour' WHERE document_id = $1 AND seq = 1`,
      [documentId],
    );
    await restore(ada, documentId, { at: Date.now() - 1_800_000 });
    await mine.shows('alpha beta gamma');
    await restore(ada, documentId, { versionId: version.id });
    await mine.shows('alpha gamma');
    const marks = (await changesOf(documentId)).filter(({ kind }) => kind === 'restore').map(({ of }) => of);
    expect(marks).toEqual([{ seq: 2, versionId: version.id }, { seq: 1 }]);
  });

  it.each([{}, { seq: 1, at: 1 }, { empty: true }, { seq: 99 }])('refuses %j', async (body) => {
    const { documentId } = await pair();
    await expect(restore(ada, documentId, body)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('HIST-4: a document of kind free is not restored, and stays as it is', async () => {
    const { documentId } = await here.share(ada, [], { kind: 'free' });
    await expect(restore(ada, documentId, { seq: 0 })).rejects.toMatchObject({ code: 'schema_violation' });
    expect(await here.count('document_updates', documentId)).toBe(0);
  });

  it('HIST-4 D8: rights that move meanwhile are asked for again', async () => {
    const { documentId, projectId, mine } = await pair();
    const setRole = (role: string) =>
      here.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role });
    const first = holdRestore();
    const byAda = restore(ada, documentId, { seq: 1 });
    await first.isMade;
    await setRole('maintainer');
    first.release();
    expect(await byAda).toEqual({ seq: 4, changed: true });

    const second = holdRestore();
    const byBob = restore(bob, documentId, { seq: 3 });
    const refused = expect(byBob).rejects.toMatchObject({ code: 'forbidden' });
    await second.isMade;
    await setRole('viewer');
    second.release();
    await refused;
    expect(await here.count('document_updates', documentId)).toBe(4);
    expect(mine.text).toBe('alpha beta gamma');
  });

  it('HIST-4: leaves nobody in the room behind', async () => {
    const { documentId } = await pair();
    await restore(ada, documentId, { seq: 1 });
    await here.roomHas(documentId, 1);
  });
});
