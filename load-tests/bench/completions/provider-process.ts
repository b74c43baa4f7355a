import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child.ts';

/** One answer of the provider, as it was sent. Times are of `now()`. */
export interface Served {
  /** Names the asker. */
  readonly mark: string;
  readonly requestedAt: number;
  /** By index of the token. */
  readonly sentAt: readonly number[];
  /** When the request was given up by whoever made it. */
  readonly abortedAt?: number;
}

/** It tells of an answer some milliseconds after its end; one that was not asked for never comes. */
const PATIENCE_MS = 3_000;
const POLL_MS = 2;

/** The provider, and what it says of the answers that it gave. */
export class ProviderProcess {
  private readonly served = new Map<string, Served[]>();
  private surplus = 0;
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;

  private constructor({ child, url, stop }: Awaited<ReturnType<typeof startChild>>) {
    this.url = url;
    this.pid = child.pid ?? 0;
    this.stop = stop;
    child.on('message', (message) => this.take(message as Served));
  }

  static async start(): Promise<ProviderProcess> {
    return new ProviderProcess(await startChild('./provider.ts'));
  }

  /** What it answered to a request that this asker has made since then; undefined when there was none. */
  async answerTo(mark: string, since: number): Promise<Served | undefined> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      for (let served = this.served.get(mark)?.shift(); served; served = this.served.get(mark)?.shift()) {
        if (served.requestedAt >= since) return served;
        this.surplus += 1;
      }
      if (performance.now() > deadline) return undefined;
      await delay(POLL_MS);
    }
  }

  /** Requests that were made to it more than once. */
  get repeated(): number {
    return [...this.served.values()].reduce((sum, list) => sum + list.length, this.surplus);
  }

  private take(served: Served): void {
    this.served.set(served.mark, [...(this.served.get(served.mark) ?? []), served]);
  }
}
