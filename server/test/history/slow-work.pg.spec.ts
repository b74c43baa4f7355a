import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WorkerHistory } from '../../src/adapters/worker/worker-history.js';
import type { HistoryWork } from '../../src/core/history/history-work.js';
import { PastContents } from '../../src/features/history/past-contents.js';
import { eventually } from '../../src/testing/eventually.js';
import { siblings } from '../../src/testing/siblings.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { RetentionWorld, type WrittenDocument } from './support/retention-world.js';

let world: RetentionWorld;
beforeAll(async () => {
  world = await RetentionWorld.start();
});
afterAll(() => world?.stop());

/** A document that takes Yjs minutes, stored long ago. */
async function hostile(): Promise<WrittenDocument> {
  const written = await world.written(0);
  await world.append(written.documentId, [siblings(40_000)]);
  await world.age(written.documentId, 40);
  return written;
}

const alarms = async () =>
  Number((await world.registry.getSingleMetricAsString('tandem_history_unverified_documents_total')).split(' ').at(-1));
const isLogged = (text: string) => world.lines.some((line) => line.includes(text));

describe('a document that takes the thread too long', () => {
  it('HIST-2: is overloaded for who asks for its text, and the next one is answered', async () => {
    const work = new WorkerHistory({ askedMs: 1_000 });
    try {
      const contents = new PastContents(world.past, world.versions, work);
      const { documentId } = await hostile();
      const { documentId: honest, texts } = await world.written(10);
      const refused = contents.text(documentId, { seq: 1 });
      const answered = contents.text(honest, { seq: 10 });
      const refusal = { code: 'overloaded', retry: 'later', retryAfterMs: expect.any(Number) };
      await expect(refused).rejects.toMatchObject(refusal);
      expect((await answered).text).toBe(texts[10]);
      // So is who waits when the server stops.
      const late = contents.text(documentId, { seq: 1 });
      const ended = expect(late).rejects.toMatchObject(refusal);
      await work.close();
      await ended;
      await expect(contents.text(honest, { seq: 10 })).rejects.toMatchObject(refusal);
    } finally {
      await work.close();
    }
  });

  it('HIST-7: keeps its history for now, without an alarm: nobody knows that anything is wrong with it', async () => {
    const work = new WorkerHistory({ upkeepMs: 1_000 });
    try {
      const { documentId } = await hostile();
      const other = await world.written(10, 40);
      const before = await alarms();
      await world.retention(world.store(), {}, work).run();
      expect(await alarms()).toBe(before);
      expect(isLogged(documentId)).toBe(true);
      expect(await world.seqs(documentId)).toEqual([1]);
      expect(await world.seqs(other.documentId)).toEqual([]);
      expect(await world.opened(other.documentId)).toEqual(fingerprint(other.doc));
      await world.query('DELETE FROM documents WHERE id = $1', [documentId]);
    } finally {
      await work.close();
    }
  });

  it('HIST-7: is not doubted when the server stops in the middle of it, and the stop waits for nothing', async () => {
    const work = new WorkerHistory();
    const { documentId } = await hostile();
    const [before, busy] = [await alarms(), begun(work)];
    const retention = world.retention(world.store(), {}, busy.work);
    const running = retention.run();
    running.catch(() => undefined);
    await eventually('the thread is at it', () => busy.runs > 0);
    await Promise.all([retention.stop(), work.close()]);
    await expect(running).rejects.toThrow();
    expect(await alarms()).toBe(before);
    expect(await world.seqs(documentId)).toEqual([1]);
    await world.query('DELETE FROM documents WHERE id = $1', [documentId]);
  });
});

/** Tells when a compaction was begun. */
function begun(work: HistoryWork): { readonly work: HistoryWork; readonly runs: number } {
  let runs = 0;
  const watched = new Proxy(work, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (name === 'compact') runs++;
        return value.apply(target, given) as unknown;
      };
    },
  });
  return {
    work: watched,
    get runs() {
      return runs;
    },
  };
}
