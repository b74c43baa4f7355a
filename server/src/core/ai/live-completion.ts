import type { OpenCompletion } from '@tandem/protocol';
import type {
  CompletionClosed,
  CompletionDelta,
  CompletionDone,
  CompletionMessage,
  CompletionReplay,
  CompletionRetracted,
  CompletionStarted,
  CompletionUnavailable,
} from './ai-relay.js';

/** What is to be told to editors, in this order. */
export type LiveEvent =
  | { readonly type: 'started'; readonly started: CompletionStarted }
  | {
      readonly type: 'delta';
      readonly attempt: number;
      readonly index: number;
      readonly alternative: number;
      readonly text: string;
    }
  | { readonly type: 'restarted'; readonly attempt: number }
  | { readonly type: 'retracted'; readonly reason: CompletionRetracted['reason'] }
  | { readonly type: 'done'; readonly done: CompletionDone }
  | { readonly type: 'closed'; readonly closed: CompletionClosed };

export interface Received {
  readonly events: readonly LiveEvent[];
  /** Something is missing here: ask the worker to tell it again. */
  readonly isMissing: boolean;
}

type Delta = Pick<CompletionDelta, 'alternative' | 'text'>;

const NOTHING: Received = { events: [], isMissing: false };

/**
 * One suggestion as a node knows it. Messages may be lost, come from several senders, and repeat after a replay; what comes
 * out is in order, each delta once, `done` once with nothing but `closed` after it.
 *
 *     (nothing) --started--> streaming --done--> done --closed--> closed
 *                    ^  restarted: a higher attempt voids the deltas
 */
export class LiveCompletion {
  started: CompletionStarted | undefined;
  done: CompletionDone | undefined;
  closed: CompletionClosed | undefined;
  isRetracted = false;
  private attempt = 0;
  private deltas: Delta[] = [];
  /** Came before the deltas that it ends, or before `done`. */
  private heldDone: CompletionDone | undefined;
  private heldClosed: CompletionClosed | undefined;

  receive(message: Exclude<CompletionMessage, CompletionUnavailable>): Received {
    switch (message.type) {
      case 'started':
        return { events: this.begin(message), isMissing: false };
      case 'delta':
        return this.append(message);
      case 'replay':
        return { events: [...this.replay(message), ...this.settleHeld(false)], isMissing: false };
      case 'retracted':
        return { events: this.retract(message), isMissing: false };
      case 'done':
        return this.finish(message);
      case 'closed':
        return { events: this.close(message), isMissing: false };
    }
  }

  /** What was missing will not come any more: the end is told all the same; it holds the whole text. */
  giveUpWaiting(): readonly LiveEvent[] {
    return this.settleHeld(true);
  }

  get isWaiting(): boolean {
    return this.heldDone !== undefined;
  }

  /** What somebody missed who saw `index` of `attempt` last. */
  resume(attempt: number, index: number): readonly LiveEvent[] {
    const events: LiveEvent[] = [];
    let from = index + 1;
    if (attempt > this.attempt) {
      // Newer than what is known here: what comes next tells.
      from = this.deltas.length;
    } else if (attempt < this.attempt) {
      from = 0;
      if (attempt > 0 && this.attempt > 0) events.push({ type: 'restarted', attempt: this.attempt });
    }
    for (let i = from; i < this.deltas.length; i++) events.push(this.deltaEvent(i));
    if (this.done) events.push({ type: 'done', done: this.done });
    if (this.closed) events.push({ type: 'closed', closed: this.closed });
    return events;
  }

  /** As a later opener gets it; undefined when there is nothing to show. */
  toOpen(completionId: string): OpenCompletion | undefined {
    if (!this.started || this.closed || this.isRetracted) return undefined;
    const texts: string[] = [];
    for (const { alternative, text } of this.deltas) texts[alternative] = (texts[alternative] ?? '') + text;
    const { suggestion } = this.started;
    return {
      ...suggestion,
      completionId,
      attempt: this.attempt,
      index: this.deltas.length - 1,
      texts: this.done ? [...this.done.texts] : Array.from(texts, (text) => text ?? ''),
      isDone: this.done !== undefined,
    };
  }

  private begin(message: CompletionStarted): LiveEvent[] {
    if (this.done || message.attempt <= this.attempt) return [];
    const isFirst = this.started === undefined;
    this.attempt = message.attempt;
    this.deltas = [];
    // The place stays as it was told first: what was typed since lies between its anchors.
    this.started ??= message;
    return [isFirst ? { type: 'started', started: message } : { type: 'restarted', attempt: message.attempt }];
  }

  private append({ attempt, index, alternative, text }: CompletionDelta): Received {
    if (this.done || attempt < this.attempt || (attempt === this.attempt && index < this.deltas.length)) return NOTHING;
    if (attempt > this.attempt || index > this.deltas.length) return { events: [], isMissing: true };
    this.deltas.push({ alternative, text });
    return { events: [this.deltaEvent(index)], isMissing: false };
  }

  private replay({ started, deltas }: CompletionReplay): LiveEvent[] {
    const events = this.begin(started);
    if (this.done || started.attempt !== this.attempt) return events;
    for (let i = this.deltas.length; i < deltas.length; i++) {
      this.deltas.push(deltas[i]!);
      events.push(this.deltaEvent(i));
    }
    return events;
  }

  private retract({ reason }: CompletionRetracted): LiveEvent[] {
    if (this.done || this.isRetracted) return [];
    this.isRetracted = true;
    return [{ type: 'retracted', reason }];
  }

  private finish(message: CompletionDone): Received {
    if (this.done) return NOTHING;
    const isShort =
      message.outcome === 'complete' &&
      (message.deltas > this.deltas.length || (message.texts.length > 0 && message.attempt > this.attempt));
    this.heldDone = message;
    return isShort ? { events: [], isMissing: true } : { events: this.settleHeld(true), isMissing: false };
  }

  private settleHeld(isFinal: boolean): LiveEvent[] {
    const done = this.heldDone;
    if (!done || (!isFinal && (done.attempt > this.attempt || done.deltas > this.deltas.length))) return [];
    this.heldDone = undefined;
    this.done = done;
    const closed = this.heldClosed;
    this.heldClosed = undefined;
    return [{ type: 'done', done }, ...(closed ? this.close(closed) : [])];
  }

  private close(message: CompletionClosed): LiveEvent[] {
    if (this.closed) return [];
    if (!this.done) {
      this.heldClosed ??= message;
      return [];
    }
    this.closed = message;
    return [{ type: 'closed', closed: message }];
  }

  private deltaEvent(index: number): LiveEvent {
    return { type: 'delta', attempt: this.attempt, index, ...this.deltas[index]! };
  }
}
