import * as Y from 'yjs';
import type { AiUnavailableEvent, CompletionTrigger, OpenCompletion } from '../../wire/completion.js';
import type { EventOf, RequestOf, ServerEvent } from '../../wire/events.js';
import type { CompletionPort } from './completion-port.js';
import { CompletionStarts } from './completion-starts.js';
import { CompletionStream } from './completion-stream.js';
import { Endings } from './endings.js';
import { Suggestions } from './suggestions.js';
import type { TextView } from './text-view.js';
import { TrackedSuggestion } from './tracked-suggestion.js';

export interface CompleteOptions {
  /** Where the caret stands, in UTF-16 units of the text of now. Default: the end of the text. */
  readonly index?: number;
  /** Default `manual`. */
  readonly trigger?: CompletionTrigger;
  /** One of those that `TandemApi.aiModels` lists. Default: the asker's, else the project's, else the server's. */
  readonly model?: string;
  /** How many alternatives, at most. Default 1. */
  readonly count?: number;
  /** Cancels, as `CompletionStream.cancel` does. */
  readonly signal?: AbortSignal;
}

const COMPLETION_EVENTS = [
  'completion:started',
  'completion:delta',
  'completion:restarted',
  'completion:retracted',
  'completion:done',
  'completion:closed',
] as const satisfies ServerEvent[];
type CompletionEvent = (typeof COMPLETION_EVENTS)[number];

export const isCompletionEvent = (name: ServerEvent): name is CompletionEvent =>
  COMPLETION_EVENTS.some((known) => known === name);

/** Suggestions in one document, and the streams of those that were asked for here (CMP-*). */
export class Completions {
  readonly suggestions: Suggestions;
  private readonly endings: Endings;
  private readonly starts: CompletionStarts<CompletionEvent>;
  /** By completion id, until the server says that they are done. */
  private readonly streams = new Map<string, CompletionStream>();
  /** Given up before their answer, by the id that it named. */
  private readonly unwanted = new Map<string, CompletionStream>();
  /** Asked to go on, and not answered. */
  private readonly resuming = new Set<CompletionStream>();

  constructor(
    private readonly port: CompletionPort,
    view: TextView,
  ) {
    this.endings = new Endings(port);
    this.starts = new CompletionStarts<CompletionEvent>(port, {
      started: (stream, completionId) => this.started(stream, completionId),
      settled: () => this.giveUpUnwanted(),
      receive: (name, body) => this.receive(name, body),
    });
    this.suggestions = new Suggestions(view, {
      insert: (index, text, completionId) => port.insert(index, text, completionId),
      ended: (suggestion, outcome) => this.ended(suggestion, outcome),
    });
  }

  /** Throws a RangeError for an index that is not in the text. */
  complete({ index, trigger, model, count, signal }: CompleteOptions = {}): CompletionStream {
    const { documentId, doc } = this.port;
    const text = doc.getText('content');
    const caret = index ?? text.length;
    if (!Number.isInteger(caret) || caret < 0 || caret > text.length) throw new RangeError(`No index ${caret}`);
    this.giveUpOwn();
    const stream = new CompletionStream((given) => this.giveUp(given), { model, signal });
    const body: RequestOf<'completion:start'> = {
      documentId,
      anchor: Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(text, caret, -1)),
      stateVector: Y.encodeStateVector(doc),
      ...(trigger && { trigger }),
      ...(model !== undefined && { model }),
      ...(count !== undefined && { count }),
    };
    this.starts.add(stream, body);
    if (signal?.aborted) stream.cancel();
    return stream;
  }

  receive(name: CompletionEvent, body: never): void {
    const { completionId } = body as { completionId: string };
    const isKnown = this.streams.has(completionId) || this.suggestions.get(completionId) !== undefined;
    if (!isKnown && this.starts.hold(name, body)) return;
    if (isKnown || name === 'completion:started') this.take(name, body);
  }

  unavailable(why: AiUnavailableEvent): void {
    const { completionId = '' } = why;
    const asked = this.streams.get(completionId) ?? this.starts.streams.at(-1);
    asked?.unavailable(why);
  }

  /** The document is open; `standing` is all that stands open in it (CMP-24). */
  opened(standing: readonly OpenCompletion[]): void {
    const listed = new Set(standing.map(({ completionId }) => completionId));
    for (const { completionId } of this.suggestions.all) {
      if (!listed.has(completionId) && !this.streams.has(completionId)) this.suggestions.remove(completionId);
    }
    for (const open of standing) if (!this.endings.has(open.completionId)) this.adopt(open);
    for (const [completionId, stream] of this.streams) if (stream.isLive) this.resume(completionId, stream);
    this.endings.settle();
  }

  /** The connection is gone, or `forGood` the document. */
  left(forGood: boolean): void {
    this.starts.left();
    this.resuming.clear();
    for (const stream of this.unwanted.values()) stream.lost('cancelled');
    this.unwanted.clear();
    for (const [completionId, stream] of this.streams) {
      if (stream.isLive && !forGood) continue;
      this.streams.delete(completionId);
      stream.lost(stream.isLive ? 'failed' : 'cancelled');
    }
    if (!forGood) {
      this.endings.left();
      return;
    }
    this.endings.clear();
    for (const { completionId } of this.suggestions.all) this.suggestions.remove(completionId);
  }

  /** The text, or the outbox, is another one. */
  settle(): void {
    this.endings.settle();
  }

  /** Another `Y.Doc` takes the place of the one that suggestions stood in; the next open tells those of others. */
  replaced(): void {
    this.giveUpOwn();
    for (const { completionId } of this.suggestions.all) this.suggestions.remove(completionId);
  }

  /** Tells the server, while the document is still open, that nothing of ours is wanted any more. */
  close(): void {
    this.giveUpOwn();
    this.endings.flush();
    this.left(true);
  }

  private started(stream: CompletionStream, completionId: string): void {
    const known = this.suggestions.get(completionId);
    const suggestion = known ?? new TrackedSuggestion(completionId);
    stream.started(completionId, suggestion.transcript);
    if (!stream.isLive) {
      this.unwanted.set(completionId, stream);
      return;
    }
    suggestion.isMine = true;
    this.streams.set(completionId, stream);
    this.suggestions.add(suggestion);
    // One that another window of the user asks for: its end may have come before this answer.
    if (known) this.resume(completionId, stream);
  }

  /** An equal question has an equal answer: what was asked again since goes on. */
  private giveUpUnwanted(): void {
    for (const [completionId, stream] of this.unwanted) {
      if (this.streams.has(completionId)) {
        stream.lost('cancelled');
        continue;
      }
      this.streams.set(completionId, stream);
      this.giveUp(stream);
    }
    this.unwanted.clear();
  }

  private take(name: CompletionEvent, body: never): void {
    switch (name) {
      case 'completion:started':
        this.onStarted(body);
        break;
      case 'completion:delta':
        this.onDelta(body);
        break;
      case 'completion:restarted':
        this.onRestarted(body);
        break;
      case 'completion:done':
        this.onDone(body);
        break;
      case 'completion:retracted':
        this.suggestions.remove((body as EventOf<typeof name>).completionId);
        break;
      case 'completion:closed':
        this.onClosed(body);
    }
  }

  private onStarted(told: EventOf<'completion:started'>): void {
    const { completionId } = told;
    const stream = this.streams.get(completionId);
    stream?.askedOf(told.model);
    if (stream && !stream.isLive) return;
    const suggestion = this.suggestions.get(completionId) ?? new TrackedSuggestion(completionId);
    this.describe(suggestion, told);
  }

  private onDelta(delta: EventOf<'completion:delta'>): void {
    const stream = this.streams.get(delta.completionId);
    const transcript = stream?.transcript ?? this.suggestions.get(delta.completionId)?.transcript;
    const judgement = transcript?.delta(delta);
    if (judgement === 'hole' && stream?.isLive) this.resume(delta.completionId, stream);
    if (judgement !== 'taken') return;
    stream?.grew();
    this.suggestions.changed();
  }

  private onRestarted({ completionId, attempt }: EventOf<'completion:restarted'>): void {
    const stream = this.streams.get(completionId);
    const transcript = stream?.transcript ?? this.suggestions.get(completionId)?.transcript;
    if (!transcript?.restarted(attempt)) return;
    stream?.restarted();
    this.suggestions.changed();
  }

  private onDone(done: EventOf<'completion:done'>): void {
    const { completionId, outcome, texts } = done;
    const stream = this.streams.get(completionId);
    const suggestion = this.suggestions.get(completionId);
    this.streams.delete(completionId);
    (stream?.transcript ?? suggestion?.transcript)?.done(texts);
    stream?.ended(done);
    if (outcome === 'complete') this.suggestions.changed();
    else if (suggestion?.isMine) this.suggestions.end(suggestion, 'ignored');
    else this.suggestions.remove(completionId);
  }

  private onClosed({ completionId }: EventOf<'completion:closed'>): void {
    this.suggestions.remove(completionId);
    this.streams.get(completionId)?.lost('failed');
    this.streams.delete(completionId);
  }

  /** Of an own stream that goes on, the deltas that were missed come one by one: it is resumed. */
  private adopt(open: OpenCompletion): void {
    const { completionId } = open;
    const stream = this.streams.get(completionId);
    if (stream && !stream.isLive) return;
    const suggestion = this.suggestions.get(completionId) ?? new TrackedSuggestion(completionId);
    if (!stream && !suggestion.transcript.isDone) {
      suggestion.transcript.adopt(open);
      if (open.isDone) suggestion.transcript.done(open.texts);
    }
    this.describe(suggestion, open);
  }

  private describe(suggestion: TrackedSuggestion, told: EventOf<'completion:started'> | OpenCompletion): void {
    try {
      suggestion.describe(told);
    } catch (error) {
      this.port.report(error);
      return;
    }
    this.suggestions.add(suggestion);
  }

  private resume(completionId: string, stream: CompletionStream): void {
    if (this.resuming.has(stream)) return;
    this.resuming.add(stream);
    const { attempt, index } = stream.transcript;
    this.port.request('completion:resume', { completionId, attempt, index }, (outcome) => {
      this.resuming.delete(stream);
      if (outcome.ok || this.streams.get(completionId) !== stream) return;
      this.streams.delete(completionId);
      stream.lost('failed');
      const suggestion = this.suggestions.get(completionId);
      if (suggestion) this.suggestions.end(suggestion, 'ignored');
    });
  }

  private giveUpOwn(): void {
    for (const stream of [...this.starts.streams, ...this.streams.values()]) stream.cancel();
    for (const suggestion of this.suggestions.all) if (suggestion.isMine) this.suggestions.end(suggestion, 'ignored');
  }

  /** Called by a stream that was cancelled. */
  private giveUp(stream: CompletionStream): void {
    const { completionId } = stream;
    if (completionId === undefined) return;
    const suggestion = this.suggestions.get(completionId);
    if (suggestion) this.suggestions.end(suggestion, 'ignored');
    if (!this.port.isOpen) this.forget(completionId, stream);
    this.endings.cancel(completionId, ({ ok }) => {
      if (!ok) this.forget(completionId, stream);
    });
  }

  /** Of a stream that was cancelled nothing more will be heard. */
  private forget(completionId: string, stream: CompletionStream): void {
    if (this.streams.delete(completionId)) stream.lost('cancelled');
  }

  private ended(suggestion: TrackedSuggestion, outcome: 'accepted' | 'rejected' | 'ignored'): void {
    const { completionId, taken, shown } = suggestion;
    if (shown !== undefined) {
      const accepted = outcome === 'accepted' && { acceptedLength: taken };
      this.endings.resolve({ completionId, outcome, ...accepted, alternative: shown });
    }
    this.streams.get(completionId)?.cancel();
  }
}
