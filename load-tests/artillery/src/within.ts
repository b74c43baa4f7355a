import { setTimeout as delay } from 'node:timers/promises';
import { BrokenPromise } from './broken-promise.ts';

/** What `work` resolves to; rejects with `code` when it takes longer than `ms`. */
export async function within<T>(ms: number, code: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new BrokenPromise(code, `within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
