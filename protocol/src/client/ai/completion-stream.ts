import type { TandemError } from '../../errors.js';
import type { AiUnavailableEvent, CompletionDoneEvent, CompletionUsage } from '../../wire/completion.js';
import { Emitter } from '../emitter.js';
import { type CompletionDelta, Transcript } from './transcript.js';

export type CompletionStatus = 'starting' | 'streaming' | 'complete' | 'cancelled' | 'failed';

export interface CompletionOutcome {
  readonly outcome: 'complete' | 'cancelled' | 'failed';
  /** The first is the best; empty when there is nothing to suggest. */
  readonly texts: readonly string[];
  /** The model that answered, or was asked; empty when that is not known. */
  readonly model: string;
  /** All zero and `estimated` where the server did not say. */
  readonly usage: CompletionUsage;
  /** Why there is nothing, and when it is worth trying again. */
  readonly unavailable?: AiUnavailableEvent;
}

export interface CompletionStreamEvents {
  /** What came so far is void: an iteration begins anew. */
  restarted: undefined;
}

const UNKNOWN_USAGE: CompletionUsage = { promptTokens: 0, completionTokens: 0, estimated: true };

/**
 * One answer to `DocumentProvider.complete`, as it comes. `for await` yields its deltas in order, each once, over a
 * reconnect too, and ends with the stream; after a restart it yields from the beginning. Leaving the loop does not
 * cancel.
 */
export class CompletionStream implements AsyncIterable<CompletionDelta> {
  /**
   * Resolves when the stream has ended, whatever became of it. Rejects with a `TandemError` only when it could not be
   * started: the refusal of the server, or `unreachable`.
   */
  readonly done: Promise<CompletionOutcome>;
  /** For the provider. */
  transcript = new Transcript();
  private readonly events = new Emitter<CompletionStreamEvents>();
  private state: CompletionStatus = 'starting';
  private id: string | undefined;
  private asked: string;
  private why: AiUnavailableEvent | undefined;
  private refusal: TandemError | undefined;
  private waiting: (() => void)[] = [];
  private resolve!: (outcome: CompletionOutcome) => void;
  private reject!: (error: TandemError) => void;
  private stopHearing = () => {};

  /** For the provider. */
  constructor(
    private readonly giveUp: (stream: CompletionStream) => void,
    options: { readonly model?: string; readonly signal?: AbortSignal } = {},
  ) {
    this.asked = options.model ?? '';
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Who iterates hears of the refusal there.
    this.done.catch(() => {});
    const { signal } = options;
    const abort = () => this.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    this.stopHearing = () => signal?.removeEventListener('abort', abort);
  }

  /** So far; after a restart, of the new attempt. */
  get texts(): readonly string[] {
    return this.transcript.texts;
  }
  get status(): CompletionStatus {
    return this.state;
  }
  /** Once the server has answered. */
  get completionId(): string | undefined {
    return this.id;
  }
  /** For the provider: neither complete nor given up. */
  get isLive(): boolean {
    return this.state === 'starting' || this.state === 'streaming';
  }

  on<E extends keyof CompletionStreamEvents>(
    event: E,
    listener: (payload: CompletionStreamEvents[E]) => void,
  ): () => void {
    return this.events.on(event, listener);
  }

  /** The model stops, the suggestion goes away, iterations end. Harmless when it has ended. */
  cancel(): void {
    if (!this.isLive) return;
    this.state = 'cancelled';
    this.giveUp(this);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<CompletionDelta, void, undefined> {
    let { restarts } = this.transcript;
    for (let next = 0; ; ) {
      if (this.refusal) throw this.refusal;
      if (this.state === 'cancelled') return;
      if (this.transcript.restarts !== restarts) {
        ({ restarts } = this.transcript);
        next = 0;
      }
      const delta = this.transcript.deltas[next];
      if (delta) {
        next += 1;
        yield delta;
      } else if (!this.isLive) return;
      else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** For the provider: the server answered. What came of it before the answer is in `transcript`. */
  started(completionId: string, transcript: Transcript): void {
    this.id = completionId;
    this.transcript = transcript;
    if (this.state === 'starting') this.state = 'streaming';
    this.wake();
  }

  /** For the provider: the model is known before it has answered. */
  askedOf(model: string): void {
    this.asked = model;
  }

  /** For the provider: `transcript` has more. */
  grew(): void {
    this.wake();
  }

  /** For the provider. */
  restarted(): void {
    this.events.emit('restarted', undefined);
    this.wake();
  }

  /** For the provider. */
  unavailable(why: AiUnavailableEvent): void {
    this.why = why;
  }

  /** For the provider: the end, as the server tells it. */
  ended({ outcome, texts, model, usage }: Pick<CompletionDoneEvent, 'outcome' | 'texts' | 'model' | 'usage'>): void {
    if (this.isLive) this.state = outcome;
    this.settle({ outcome: this.state as CompletionOutcome['outcome'], texts, model, usage });
  }

  /** For the provider: the end, where the server tells nothing more. */
  lost(outcome: 'cancelled' | 'failed'): void {
    this.ended({ outcome, texts: [...this.texts], model: this.asked, usage: UNKNOWN_USAGE });
  }

  /** For the provider: it could not be started. */
  refused(error: TandemError): void {
    if (this.state === 'cancelled') {
      this.lost('cancelled');
      return;
    }
    this.state = 'failed';
    this.refusal = error;
    this.stopHearing();
    this.reject(error);
    this.wake();
  }

  private settle(outcome: CompletionOutcome): void {
    this.stopHearing();
    this.resolve(this.why ? { ...outcome, unavailable: this.why } : outcome);
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }
}
