import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { HistoryWork } from '../../src/core/history/history-work.js';
import { type RetentionSession, RetentionStore } from '../../src/core/history/retention-store.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
});
afterAll(() => world?.stop());

class Killed extends Error {}

/** A store whose process dies at its `step`th statement: before the database has it, or after it has done it. */
class DyingStore extends RetentionStore {
  statements = 0;

  constructor(
    private readonly store: RetentionStore,
    private readonly step: number,
    private readonly when: 'before' | 'after',
  ) {
    super();
  }

  override exclusively(work: (session: RetentionSession) => Promise<void>): Promise<boolean> {
    return this.store.exclusively((session) => work(this.dying(session)));
  }

  override interrupt(): Promise<void> {
    return this.store.interrupt();
  }

  private dying(session: RetentionSession): RetentionSession {
    const die = async <T>(statement: () => Promise<T>): Promise<T> => {
      const isLast = ++this.statements === this.step;
      if (isLast && this.when === 'before') throw new Killed();
      const answer = await statement();
      if (isLast) throw new Killed();
      return answer;
    };
    return new Proxy(session, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => die(() => value.apply(target, given) as Promise<unknown>);
      },
    });
  }
}

/** Work that makes another document of what it is given, as a compactor with a fault would. */
class FaultyWork extends HistoryWork {
  constructor(
    private readonly work: HistoryWork,
    private readonly fault: 'loses rows' | 'fails',
  ) {
    super();
  }

  override text(...given: Parameters<HistoryWork['text']>) {
    return this.work.text(...given);
  }
  override compact(...[past, whoWaits]: Parameters<HistoryWork['compact']>) {
    if (this.fault === 'fails') return Promise.reject(new Error('out of memory'));
    return this.work.compact({ ...past, rows: past.rows.slice(0, -1) }, whoWaits);
  }
  override isSame(...given: Parameters<HistoryWork['isSame']>) {
    return this.work.isSame(...given);
  }
  override restore(...given: Parameters<HistoryWork['restore']>) {
    return this.work.restore(...given);
  }
  override fresh(...given: Parameters<HistoryWork['fresh']>) {
    return this.work.fresh(...given);
  }
  override close() {
    return this.work.close();
  }
}

/** The oracle: what is opened from the database is what its editor has, ids and deletes included. */
async function lost({ documentId, doc }: WrittenDocument): Promise<string | undefined> {
  try {
    const opened = await world.opened(documentId);
    return JSON.stringify(opened) === JSON.stringify(fingerprint(doc)) ? undefined : 'other than its editor has it';
  } catch (error) {
    return String(error);
  }
}

/** With a snapshot behind the days, rows after it, a version, and rows within the days. */
async function busy(): Promise<WrittenDocument> {
  const written = await world.written(40);
  await world.compact(written);
  await world.write(written, 80);
  await world.compact(written);
  await world.write(written, 10);
  await world.age(written.documentId, 40, 100);
  return written;
}

describe('F25: a pass of retention that is killed', () => {
  it.each(['before', 'after'] as const)(
    'F25 HIST-7: %s each of its statements leaves every document whole, and the next one ends its work',
    async (when) => {
      for (let step = 1, isOver = false; !isOver; step++) {
        const documents = [await busy(), await world.written(30, 40)];
        const store = new DyingStore(world.store(), step, when);
        const outcome = await world
          .retention(store)
          .run()
          .then(
            () => 'finished',
            (error: unknown) => (error instanceof Killed ? 'killed' : Promise.reject(error)),
          );
        isOver = outcome === 'finished';
        for (const written of documents) {
          expect([step, await lost(written)]).toEqual([step, undefined]);
          await world.write(written, 1);
          expect([step, await lost(written)]).toEqual([step, undefined]);
        }
        await world.retention().run();
        await world.retention().run();
        const [first, second] = documents as [WrittenDocument, WrittenDocument];
        expect([step, (await world.seqs(first.documentId))[0]]).toEqual([step, 101]);
        expect([step, await world.seqs(second.documentId)]).toEqual([step, [31]]);
        for (const written of documents) expect([step, await lost(written)]).toEqual([step, undefined]);
        // Many passes lie before the last step: without those documents, the next one counts the same statements.
        for (const { projectId } of documents)
          await world.query('DELETE FROM documents WHERE project_id = $1', [projectId]);
        if (step > 200) throw new Error('a pass has too many statements for this test');
      }
    },
    300_000,
  );

  it('F25: a checkpoint that is not the document lets nothing go, and is told', async () => {
    for (const fault of ['loses rows', 'fails'] as const) {
      const written = await world.written(30, 40);
      const before = (await world.registry.getSingleMetricAsString('tandem_history_unverified_documents_total')).at(-1);
      const retention = world.retention(undefined, {}, new FaultyWork(world.work, fault));
      await retention.run();
      expect(await world.seqs(written.documentId)).toHaveLength(30);
      expect(await lost(written)).toBeUndefined();
      const after = (await world.registry.getSingleMetricAsString('tandem_history_unverified_documents_total')).at(-1);
      expect(Number(after)).toBe(Number(before) + 1);
      expect(world.lines.at(-1)).toContain(written.documentId);
      // It is not tried again at once: each time may take a thread a minute.
      await retention.run();
      expect(await world.registry.getSingleMetricAsString('tandem_history_unverified_documents_total')).toMatch(
        new RegExp(`${after}$`),
      );
      await world.query('DELETE FROM documents WHERE id = $1', [written.documentId]);
    }
  });

  it('F25: a snapshot that was damaged on the disk lets nothing go', async () => {
    const written = await world.written(40);
    await world.compact(written);
    await world.write(written, 5);
    await world.age(written.documentId, 40, 40);
    const flip = `UPDATE document_snapshots SET structs = set_bit(structs, 60, 1 - get_bit(structs, 60)) WHERE document_id = $1`;
    await world.query(flip, [written.documentId]);
    await world.retention().run();
    expect(await world.seqs(written.documentId)).toHaveLength(45);
    await world.query(flip, [written.documentId]);
    await world.retention().run();
    expect(await world.seqs(written.documentId)).toEqual([41, 42, 43, 44, 45]);
    expect(await lost(written)).toBeUndefined();
  });

  it('F25: a row that was damaged on the disk keeps those around it', async () => {
    const written = await world.written(40, 40);
    await world.query(
      'UPDATE document_updates SET bytes = set_byte(bytes, 0, 255 - get_byte(bytes, 0)) WHERE document_id = $1 AND seq = 9',
      [written.documentId],
    );
    await world.retention().run();
    expect(await world.seqs(written.documentId)).toHaveLength(40);
    // A reset ends that: what an earlier epoch held is not asked for any more when its days are over.
    const content = await world.work.fresh(undefined);
    await world.resets.reset(world.userId, written.documentId, content, { empty: true });
    const anew = { ...written, doc: new Y.Doc() };
    await world.write(anew, 5);
    await world.age(written.documentId, 40, 43);
    await world.retention(undefined, { stepRows: 3 }).run();
    await world.retention(undefined, { stepRows: 3 }).run();
    expect(await world.seqs(written.documentId)).toEqual([44, 45, 46]);
    expect(await lost(anew)).toBeUndefined();
  });
});

describe('negative control', () => {
  /** What retention must not be: rows go by their age, whatever a document is loaded from. */
  const byAge = (documentId: string) =>
    world.query(`DELETE FROM document_updates WHERE document_id = $1 AND created_at < now() - interval '30 days'`, [
      documentId,
    ]);

  it('F25: a compactor that deletes by timestamp is found out by the same oracle', async () => {
    const [without, behind, idle] = [await world.written(60), await busy(), await world.written(20, 40)];
    await world.age(without.documentId, 40, 30);
    // The clock stepped back between two nodes: the row before is the younger one.
    await world.age(behind.documentId, 40, 125);
    const harmless = await busy();
    for (const { documentId } of [without, behind, idle, harmless]) await byAge(documentId);
    const verdicts = [await lost(without), await lost(behind), await lost(idle)];
    expect(verdicts.every((verdict) => verdict !== undefined)).toBe(true);
    // Where a snapshot happens to lie behind them all, it gets away with it: one document alone would prove nothing.
    expect(await lost(harmless)).toBeUndefined();
    const real = [await world.written(60), await world.written(20, 40)];
    await world.age(real[0]!.documentId, 40, 30);
    await world.retention().run();
    for (const written of real) expect(await lost(written)).toBeUndefined();
  });
});
