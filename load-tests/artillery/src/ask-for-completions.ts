import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { OpenDocument } from './open-document.ts';
import { type Context, seatOf, stage } from './seat.ts';
import { within } from './within.ts';

interface Event {
  readonly completionId: string;
  readonly index?: number;
  readonly attempt?: number;
  readonly outcome?: string;
  readonly text?: string;
}

/** Asks at one place after the other; each answer comes in order, completes, and ends once. */
export async function askForCompletions(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, documentId } = seatOf(context);
  const link = await Link.connect(stage.url, accessToken);
  try {
    const { doc } = await OpenDocument.open(link, documentId);
    const streams = new Streams(link);
    const lineEnds = [...doc.getText('content').toString().matchAll(/\n/g)].map(({ index }) => index);
    for (let time = 0; time < stage.times; time++) {
      const offset = lineEnds[(time * 7) % lineEnds.length];
      const asked = performance.now();
      const question = { documentId, offset, stateVector: Y.encodeStateVector(doc) };
      const { completionId = '' } = await link.ask('completion:start', question);
      const stream = streams.of(completionId);
      const { text } = await Promise.race([within(stage.settleMs, 'completion_without_end', stream.done), link.broken]);
      metrics.emit('histogram', 'tandem.completion_ms', performance.now() - asked);
      metrics.emit('counter', 'tandem.completed', 1);
      if (text) metrics.emit('counter', 'tandem.suggested', 1);
      await Promise.race([delay(1000 / stage.perSecond), link.broken]);
      await link.ask('completion:resolve', { completionId, outcome: 'ignored' });
    }
  } finally {
    link.close();
  }
}

interface Stream {
  next: number;
  attempt: number;
  isDone: boolean;
  readonly done: Promise<Event>;
  end(event: Event): void;
}

/** Follows what comes for each completion, which may begin before the request is answered. */
class Streams {
  readonly #streams = new Map<string, Stream>();
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
    link.on('completion:delta', (event: Event) => this.#delta(event));
    link.on('completion:restarted', (event: Event) => this.#restarted(event));
    link.on('completion:done', (event: Event) => this.#done(event));
  }

  of(completionId: string): Stream {
    const known = this.#streams.get(completionId);
    if (known) return known;
    let end: (event: Event) => void = () => {};
    const done = new Promise<Event>((resolve) => {
      end = resolve;
    });
    const stream = { next: 0, attempt: 1, isDone: false, done, end };
    this.#streams.set(completionId, stream);
    return stream;
  }

  #delta({ completionId, index = -1, attempt = 0 }: Event): void {
    const stream = this.of(completionId);
    if (stream.isDone) this.#fail('delta_after_end');
    if (attempt !== stream.attempt || index !== stream.next++) this.#fail('deltas_out_of_order');
  }

  #restarted({ completionId, attempt = 0 }: Event): void {
    Object.assign(this.of(completionId), { attempt, next: 0 });
  }

  #done(event: Event): void {
    const stream = this.of(event.completionId);
    if (stream.isDone) this.#fail('completion_ended_twice');
    if (event.outcome !== 'complete') this.#fail(`completion_${event.outcome}`);
    stream.isDone = true;
    stream.end(event);
  }

  #fail(code: string): void {
    this.#link.fail(new BrokenPromise(code));
  }
}
