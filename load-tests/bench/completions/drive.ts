import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Asker } from './asker.ts';
import { now } from './clock.ts';
import type { ProviderProcess, Served } from './provider-process.ts';
import { STREAM_MS } from './script.ts';

/** One request, as its asker and as the provider saw it. */
export interface Stream {
  readonly answer: Answer;
  /** Undefined when it never came to the provider. */
  readonly served: Served | undefined;
}

let asked = 0;

/** Mean time between two requests. Without chance in it, those whom one stall held up would ask together from then on. */
export const PAUSE_MS = 100;

/**
 * All askers at once, each with one stream after another until there were so many; they begin spread over the time of one
 * stream. With `isCancelled` each is cancelled somewhere in its first half, and the next comes no sooner for it.
 */
export async function drive(
  askers: readonly Asker[],
  provider: ProviderProcess,
  streams: number,
  isCancelled = false,
): Promise<Stream[]> {
  const done: Stream[] = [];
  let left = streams;
  await Promise.all(
    askers.map(async (asker, index) => {
      await delay((index / askers.length) * STREAM_MS);
      while (left > 0) {
        left -= 1;
        asked += 1;
        const answer = await asker.ask(asked, isCancelled ? 3 + (asked % 16) : undefined);
        done.push({ answer, served: await provider.answerTo(asker.mark, answer.askedAt) });
        const rest = isCancelled ? STREAM_MS - (now() - answer.askedAt) : 0;
        await delay(Math.max(0, rest) + 2 * PAUSE_MS * Math.random());
      }
    }),
  );
  return done;
}
