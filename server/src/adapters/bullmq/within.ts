import { setTimeout as delay } from 'node:timers/promises';

/** The work's answer, or a rejection when it is late; the work itself goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const late = delay(ms, undefined, { signal: settled.signal }).then((): never => {
    throw new Error('no answer in time');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}
