import { TandemError } from '../../errors.js';
import type { RequestOf, ServerEvent } from '../../wire/events.js';
import type { CompletionPort } from './completion-port.js';
import type { CompletionStream } from './completion-stream.js';

const START_TIMEOUT_MS = 30_000;

/** What follows from an answer. */
interface Followers<Event extends ServerEvent> {
  started(stream: CompletionStream, completionId: string): void;
  /** Nothing is awaited any more. */
  settled(): void;
  /** What was held back until it was known whose it is. */
  receive(name: Event, body: never): void;
}

/**
 * Requests that have no answer yet. Events of a suggestion may overtake the answer that names it: as long as one is
 * awaited, what is not known to anybody is held back.
 */
export class CompletionStarts<Event extends ServerEvent> {
  /** With the call that stops waiting. */
  private readonly waiting = new Map<CompletionStream, () => void>();
  private early: { readonly name: Event; readonly body: never }[] = [];

  constructor(
    private readonly port: CompletionPort,
    private readonly followers: Followers<Event>,
  ) {}

  get streams(): readonly CompletionStream[] {
    return [...this.waiting.keys()];
  }

  add(stream: CompletionStream, body: RequestOf<'completion:start'>): void {
    this.waiting.set(stream, () => {});
    // After the edits of this tick, which the state vector names.
    queueMicrotask(() => this.send(stream, body));
  }

  /** Keeps an event that may be about one of these; false when nothing is awaited. */
  hold(name: Event, body: never): boolean {
    if (this.waiting.size > 0) this.early.push({ name, body });
    return this.waiting.size > 0;
  }

  /** The connection, or the document, is gone. */
  left(): void {
    this.early = [];
    for (const [stream, stopWaiting] of this.waiting) {
      stopWaiting();
      stream.refused(new TandemError('unreachable'));
    }
    this.waiting.clear();
  }

  private send(stream: CompletionStream, body: RequestOf<'completion:start'>): void {
    if (!this.waiting.has(stream)) return;
    if (!stream.isLive || !this.port.isOpen) {
      this.refused(stream, new TandemError('unreachable', 'The document is not open'));
      return;
    }
    const late = () => this.refused(stream, new TandemError('unreachable', `No answer within ${START_TIMEOUT_MS} ms`));
    this.waiting.set(stream, this.port.clock.after(START_TIMEOUT_MS, late));
    this.port.request('completion:start', body, (outcome) => {
      if (!outcome.ok) this.refused(stream, outcome.error);
      else this.started(stream, outcome.value.completionId);
    });
  }

  private started(stream: CompletionStream, completionId: string): void {
    if (!this.waiting.has(stream)) {
      // Given up meanwhile: the document was closed, or the answer came too late.
      this.port.request('completion:cancel', { completionId }, () => {});
      return;
    }
    this.followers.started(stream, completionId);
    this.answered(stream);
  }

  private refused(stream: CompletionStream, error: TandemError): void {
    if (!this.waiting.has(stream)) return;
    stream.refused(error);
    this.answered(stream);
  }

  private answered(stream: CompletionStream): void {
    this.waiting.get(stream)?.();
    this.waiting.delete(stream);
    if (this.waiting.size === 0) this.followers.settled();
    const { early } = this;
    this.early = [];
    for (const { name, body } of early) this.followers.receive(name, body);
  }
}
