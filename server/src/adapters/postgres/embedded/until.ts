import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until there is an answer; undefined when `timeoutMs` pass without one. */
export async function until<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  { timeoutMs, everyMs = 25, signal }: { timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= deadline) return undefined;
    await delay(everyMs, undefined, { signal });
  }
}
