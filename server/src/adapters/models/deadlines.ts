import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../../core/ai/model-provider.js';

export interface Timeouts {
  /** From the request to the first text, pauses and tries included. */
  readonly firstTokenMs: number;
  /** Between two events after that. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** The times that one answer may take, and the signal that closes its connection when they are over or `outer` fires. */
export class Deadlines {
  /** Whether some text has come. */
  hasText = false;
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private next: NodeJS.Timeout;
  private expired: ModelError | undefined;

  constructor(
    private readonly timeouts: Timeouts,
    private readonly outer: AbortSignal,
  ) {
    this.total = setTimeout(this.expire, timeouts.totalMs, `The model took more than ${timeouts.totalMs} ms.`);
    this.next = setTimeout(
      this.expire,
      timeouts.firstTokenMs,
      `The model sent no text in ${timeouts.firstTokenMs} ms.`,
    );
    if (outer.aborted) this.abort();
    else outer.addEventListener('abort', this.abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** An event came. */
  progressed(withText: boolean): void {
    if (this.hasText) this.next.refresh();
    else if (withText) {
      this.hasText = true;
      clearTimeout(this.next);
      const { idleMs } = this.timeouts;
      this.next = setTimeout(this.expire, idleMs, `The model sent nothing for ${idleMs} ms.`);
    }
  }

  /** Why it ended before its time: the outer signal's reason, or a ModelError. */
  reason(): unknown {
    return this.outer.aborted ? this.outer.reason : this.expired;
  }

  /** Resolves after the time; rejects with the reason when it ends before. */
  async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.signal }).catch(() => {
      throw this.reason();
    });
  }

  readonly abort = (): void => this.controller.abort();

  clear(): void {
    clearTimeout(this.total);
    clearTimeout(this.next);
    this.outer.removeEventListener('abort', this.abort);
  }

  private readonly expire = (message: string): void => {
    this.expired ??= new ModelError('timeout', message);
    this.abort();
  };
}
