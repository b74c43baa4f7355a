import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Compactor } from '../../src/core/document/compactor.js';
import { StoreUnavailable, UpdateLog } from '../../src/core/document/update-log.js';
import { eventually } from '../../src/testing/eventually.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { type Person, SyncWorld } from '../support/sync-world.js';
import { Damage } from './support/damage.js';

const ROUNDS = Number(process.env.ROUNDS ?? 4);

let database: TestDatabase;
let here: SyncWorld;
let there: SyncWorld;
let ada: Person;

beforeAll(async () => {
  database = await createTestDatabase();
  here = await SyncWorld.start({ databaseUrl: database.url, compactRows: 20 });
  there = await SyncWorld.start({ databaseUrl: database.url, compactRows: 20 }, here.server.secret);
  ada = await here.person('Ada');
});
afterEach(() => Promise.all([here?.hangUp(), there?.hangUp()]));
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
  await database?.drop();
});

/** Enough is typed that compaction is due, and it has not begun. */
async function due(rows = 19) {
  const { documentId } = await here.share(ada);
  const editor = await PlainEditor.open(await here.connect(ada), documentId);
  const text = editor.doc.getText('content');
  for (let i = 0; i < rows; i++) {
    if (i % 5 === 4) text.delete(i % text.length, 1);
    else text.insert((i * 7) % (text.length + 1), `${i}`);
  }
  await editor.saved();
  return { documentId, editor, room: here.engine.rooms.get(documentId)! };
}

const pointer = async (documentId: string) => {
  const { rows } = await here.sql.query(
    `SELECT d.head::int, d.snapshot_seq::int AS "snapshotSeq", (SELECT count(*)::int FROM document_snapshots s WHERE s.document_id = d.id) AS snapshots
     FROM documents d WHERE id = $1`,
    [documentId],
  );
  return rows[0] as { head: number; snapshotSeq: number; snapshots: number };
};

/** Every row is there, and who reads the log anew has the same document as who has had it open. */
async function isComplete(documentId: string, editor: PlainEditor): Promise<void> {
  const { head } = await pointer(documentId);
  expect((await here.rows(documentId)).map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
  expect(await storedFingerprint(here.sql, documentId)).toEqual(editor.fingerprint);
  new Damage(there).forget(documentId);
  const cold = await PlainEditor.open(await there.connect(ada), documentId);
  expect(cold.fingerprint).toEqual(editor.fingerprint);
  expect(cold.opened).not.toHaveProperty('damaged');
}

/** What comes next is compacted as if nothing had been. */
async function goesOn(documentId: string): Promise<void> {
  const { head } = await pointer(documentId);
  await Promise.all([here.hangUp(), there.hangUp()]);
  for (const world of [here, there]) new Damage(world).forget(documentId);
  const editor = await PlainEditor.open(await here.connect(ada), documentId);
  for (let i = 0; i < 21; i++) void editor.type(`.${i}`);
  await editor.saved();
  await eventually('there is a later snapshot', async () => (await pointer(documentId)).snapshotSeq > head);
  await isComplete(documentId, editor);
}

/** Replaces one method for as long as `work` takes. */
async function instead<T extends object, K extends keyof T>(of: T, method: K, by: T[K], work: () => Promise<unknown>) {
  const real = of[method];
  of[method] = by;
  await work().finally(() => {
    of[method] = real;
  });
}

const log = () => here.server.app.get(UpdateLog, { strict: false });
const compactor = () => here.server.app.get(Compactor, { strict: false });

describe('F25: a compaction that ends early leaves the log or a snapshot, whole', () => {
  const away = () => Promise.reject(new StoreUnavailable('gone'));
  const STEPS: [step: string, interrupt: (work: () => Promise<void>) => Promise<void>][] = [
    [
      'in the worker thread',
      (work) => instead(compactor(), 'compact', () => Promise.reject(new Error('the thread was ended')), work),
    ],
    ['before the snapshot is written', (work) => instead(log(), 'saveSnapshot', away, work)],
    [
      'after it was written, before anybody knows',
      (work) => {
        const real = log().saveSnapshot.bind(log());
        return instead(log(), 'saveSnapshot', (...all) => real(...all).then(away), work);
      },
    ],
  ];
  it.each(STEPS)('%s', async (_, interrupt) => {
    const { documentId, editor } = await due();
    await interrupt(async () => {
      await editor.type('last');
      await here.engine.compaction.whenIdle();
    });
    await isComplete(documentId, editor);
    await goesOn(documentId);
  });

  it('cut off while its statement waits for the document', async () => {
    const { documentId, editor } = await due();
    const release = await here.holdAppends(documentId);
    // The twentieth row waits as well; the compaction is asked for by hand.
    const typed = editor.type('last');
    await here.appendWaits();
    const room = here.engine.rooms.get(documentId)!;
    const { snapshot } = await compactor().compact(room.state.encode(), room.kind, room.state.seq);
    const saving = log().saveSnapshot(documentId, snapshot, 0, room.epoch);
    const waits = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%document_snapshots%'`;
    await eventually('it waits', async () => (await here.sql.query(waits)).rowCount === 1);
    await here.sql.query(`SELECT pg_terminate_backend(pid) FROM (${waits}) AS waiting`);
    await expect(saving).rejects.toBeInstanceOf(StoreUnavailable);
    await release();
    await typed;
    expect((await pointer(documentId)).snapshots).toBeLessThanOrEqual(1);
    await goesOn(documentId);
  });
});

describe('F25: two compactors at once', () => {
  it.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
    'one moves the pointer, the other discards its own; appends in between are kept (round %i)',
    async () => {
      const { documentId, editor, room } = await due();
      const other = await PlainEditor.open(await there.connect(ada), documentId);
      const theirs = there.engine.rooms.get(documentId)!;
      // Both have the same to compact, and neither knows of the other.
      const saves: boolean[] = [];
      const both = [here, there].map((world) => {
        const one = world.server.app.get(UpdateLog, { strict: false });
        const real = one.saveSnapshot.bind(one);
        return {
          work: (work: () => Promise<unknown>) =>
            instead(
              one,
              'saveSnapshot',
              async (...all) => {
                const isSaved = await real(...all);
                saves.push(isSaved);
                return isSaved;
              },
              work,
            ),
        };
      });
      await both[0]!.work(() =>
        both[1]!.work(async () => {
          const typed = [editor.type('a'), other.type('b'), other.type('c')];
          await Promise.all(typed);
          await eventually('both have it', () => room.state.seq === 22 && theirs.state.seq === 22);
          here.engine.compaction.consider(room);
          there.engine.compaction.consider(theirs);
          await Promise.all([here, there].map(({ engine }) => engine.compaction.whenIdle()));
        }),
      );
      const { snapshots, snapshotSeq } = await pointer(documentId);
      const kept = saves.filter((isSaved) => isSaved).length;
      expect(kept).toBeGreaterThan(0);
      // One that has been written since was not counted yet.
      expect([kept, kept - 1]).toContain(snapshots);
      expect(snapshotSeq).toBeGreaterThanOrEqual(20);
      await editor.shows(other.text);
      expect(await here.engine.integrity.digests.check(room)).toBe(true);
      expect(await there.engine.integrity.digests.check(theirs)).toBe(true);
      await goesOn(documentId);
    },
  );

  it('of two snapshots for one pointer one is kept', async () => {
    const { documentId, editor, room } = await due();
    const { snapshot } = await compactor().compact(room.state.encode(), room.kind, room.state.seq);
    const logs = [here, there].map((world) => world.server.app.get(UpdateLog, { strict: false }));
    const saved = await Promise.all(logs.map((one) => one.saveSnapshot(documentId, snapshot, 0, room.epoch)));
    expect(saved.filter((isSaved) => isSaved)).toHaveLength(1);
    expect((await pointer(documentId)).snapshots).toBe(1);
    await isComplete(documentId, editor);
    // The room does not know of it, tries in vain once, and knows then.
    await goesOn(documentId);
  });
});
