import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import type { CompletionClosedEvent, CompletionResolve, CompletionStart, OpenCompletion } from '../wire/completion.js';
import type { FakeConnection } from './fake-connection.js';
import type { FakeDocument } from './fake-document.js';

interface Started {
  readonly anchor: Uint8Array;
  readonly end: Uint8Array;
  readonly stateVector: Uint8Array;
  readonly before: string;
  readonly after: string;
}

const MODEL = 'fake';

/** One suggestion of the fake server: the test says what the model does. */
export class FakeCompletion {
  attempt = 1;
  /** What was sent of this attempt. */
  deltas: { readonly alternative: number; readonly text: string }[] = [];
  texts: string[] = [];
  isDone = false;
  /** Retracted or closed. */
  isOver = false;
  /** As its asker resolved it. */
  resolved: CompletionResolve | undefined;
  private started: Started | undefined;

  constructor(
    readonly completionId: string,
    readonly document: FakeDocument,
    private readonly asker: FakeConnection,
    readonly asked: CompletionStart,
  ) {}

  /** Tells of it as soon as what the asker saw is committed. */
  begin(): void {
    const { committed } = this.document;
    if (this.started || this.isDone || !covers(committed, this.asked.stateVector)) return;
    this.started = placeIn(committed, this.asked);
    this.tell('completion:started', { ...this.described(), ...this.started });
  }

  /** The model says something. */
  delta(text: string, alternative = 0): void {
    while (this.texts.length <= alternative) this.texts.push('');
    this.texts[alternative] += text;
    this.deltas.push({ alternative, text });
    this.tellDelta(this.deltas.length - 1);
  }

  /** Another worker begins anew. */
  restart(): void {
    this.attempt += 1;
    this.deltas = [];
    this.texts = [];
    this.tell('completion:restarted', { attempt: this.attempt });
  }

  retract(reason: 'filtered' | 'changed' | 'forbidden'): void {
    this.isOver = true;
    this.tell('completion:retracted', { reason });
  }

  /** To the asker alone. */
  unavailable(reason: string, retryAt: number | null = null): void {
    const { completionId, document } = this;
    const body = { completionId, documentId: document.id, reason, message: reason, retryAt };
    this.document.tellUser(this.asker.userId, 'ai:unavailable', body);
  }

  done(outcome: 'complete' | 'cancelled' | 'failed' = 'complete', texts: readonly string[] = this.texts): void {
    this.end(outcome, texts);
    if (outcome !== 'complete') this.close(outcome, null);
  }

  close(outcome: CompletionClosedEvent['outcome'], by: string | null): void {
    if (this.isOver) return;
    this.isOver = true;
    const accepted = this.document.provenance.filter(({ completionId }) => completionId === this.completionId);
    const ranges = accepted.map(({ client, clock, length }) => ({ client, clock, length }));
    this.tell('completion:closed', { outcome, by, accepted: outcome === 'accepted' ? ranges : [] });
  }

  resolve(from: FakeConnection, body: CompletionResolve): void {
    this.resolved = body;
    this.end('cancelled', this.texts);
    this.close(body.outcome, from.userId);
  }

  /** Tells one session what it missed after `index` of `attempt`. */
  resume(from: FakeConnection, attempt: number, index: number): void {
    const isCurrent = attempt === this.attempt || (attempt === 0 && this.attempt === 1);
    if (!isCurrent) this.tell('completion:restarted', { attempt: this.attempt }, [from]);
    for (let i = isCurrent ? index + 1 : 0; i < this.deltas.length; i++) this.tellDelta(i, [from]);
    if (this.isDone) this.tellDone('complete', [from]);
  }

  /** As a later opener is told of it; undefined when it does not stand. */
  get standing(): OpenCompletion | undefined {
    const { started, completionId, attempt, texts, isDone } = this;
    if (!started || this.isOver) return undefined;
    return {
      completionId,
      ...this.described(),
      before: started.before,
      after: started.after,
      anchor: toBase64(started.anchor),
      end: toBase64(started.end),
      stateVector: toBase64(started.stateVector),
      attempt,
      index: this.deltas.length - 1,
      texts: [...texts],
      isDone,
    };
  }

  private end(outcome: 'complete' | 'cancelled' | 'failed', texts: readonly string[]): void {
    if (this.isDone) return;
    this.isDone = true;
    this.texts = [...texts];
    this.tellDone(outcome);
  }

  private described() {
    const { trigger = 'manual', count = 1, model = MODEL } = this.asked;
    return { userId: this.asker.userId, trigger, alternatives: count, model };
  }

  private tellDelta(index: number, to?: readonly FakeConnection[]): void {
    this.tell('completion:delta', { attempt: this.attempt, index, ...this.deltas[index] }, to);
  }

  private tellDone(outcome: 'complete' | 'cancelled' | 'failed', to?: readonly FakeConnection[]): void {
    const { texts } = this;
    const usage = { promptTokens: 10, completionTokens: this.deltas.length, estimated: false };
    const { model } = this.described();
    this.tell('completion:done', { outcome, text: texts[0] ?? '', texts, model, usage }, to);
  }

  private tell(event: string, body: object, to: Iterable<FakeConnection> = this.document.sessions.keys()): void {
    const { completionId, document } = this;
    for (const session of to) session.tell(event, { completionId, documentId: document.id, ...body });
  }
}

const covers = (doc: Y.Doc, stateVector: Uint8Array) =>
  [...Y.decodeStateVector(stateVector)].every(([client, clock]) => Y.getState(doc.store, client) >= clock);

const placeIn = (doc: Y.Doc, { anchor, offset }: CompletionStart): Started => {
  const content = doc.getText('content');
  const index = anchor
    ? Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(anchor), doc)!.index
    : offset!;
  const text = content.toString();
  const lineStart = text.slice(0, index).lastIndexOf('\n') + 1;
  const [rest = ''] = text.slice(index).split('\n');
  const at = (assoc: number) => Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(content, index, assoc));
  return {
    anchor: at(-1),
    end: at(0),
    stateVector: Y.encodeStateVector(doc),
    before: text.slice(lineStart, index).slice(-128),
    after: rest.slice(0, 128),
  };
};
