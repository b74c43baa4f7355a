import { can } from '../../../core/access/permissions.js';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests, ClaimedCompletion } from '../../../core/ai/ai-requests.js';
import { ModelError, type ModelProvider } from '../../../core/ai/model-provider.js';
import type { Models } from '../../../core/ai/models.js';
import { DocumentTooSlow, type Located } from '../../../core/ai/replicas.js';
import type { AiObserver } from './ai-observer.js';
import type { Claims } from './claims.js';
import { CompletionRun } from './completion-run.js';
import { CompletionText } from './completion-text.js';
import type { ContextBuilder } from './context-builder.js';
import type { DocumentReplicas } from './document-replicas.js';
import { Unanswerable } from './unanswerable.js';

/** How long a completion waits until the log holds what its asker sees, in milliseconds. */
const PATIENCE_MS = 250;
/** What broke off in the middle of its text is tried once more, told as a restart. */
const MAX_RESTARTS = 1;

/** Ended without an answer of ours: whoever cancelled it, or took it over, tells the editors. */
class GivenUp extends Error {}

/** Answers requests for completions. One run is one attempt of one request. */
export class CompletionRunner {
  private readonly runs = new Map<string, CompletionRun>();

  constructor(
    private readonly requests: AiRequests,
    private readonly claims: Claims,
    private readonly relay: AiRelay,
    private readonly replicas: DocumentReplicas,
    private readonly context: ContextBuilder,
    private readonly models: Models,
    private readonly observer: AiObserver,
  ) {}

  /** The attempts under way. */
  get underWay(): readonly { id: string; attempt: number }[] {
    return [...this.runs.values()].map(({ claim: { id, attempt } }) => ({ id, attempt }));
  }

  /** `attempt`: only that one. */
  cancel(id: string, attempt?: number): void {
    const run = this.runs.get(id);
    if (attempt === undefined || run?.claim.attempt === attempt) run?.abort.abort(new GivenUp('cancelled'));
  }

  replay(id: string): void {
    this.runs.get(id)?.replay();
  }

  async run(claim: ClaimedCompletion, restarts = MAX_RESTARTS): Promise<void> {
    const run = new CompletionRun(claim, (message) => this.relay.publish(message));
    this.runs.set(run.id, run);
    try {
      await this.answer(run);
    } catch (error) {
      if (run.abort.signal.aborted) return;
      if (restarts > 0 && run.hasText && isBreak(error)) {
        // Unless another worker has taken it over: this one may have been frozen.
        const again = await this.claims.take(run.id, 0, claim.attempt);
        if (again?.kind === 'completion') await this.run(again, restarts - 1);
        return;
      }
      await this.fail(run, error);
    } finally {
      if (this.runs.get(run.id) === run) this.runs.delete(run.id);
    }
  }

  private async answer(run: CompletionRun): Promise<void> {
    const { claim, abort } = run;
    const { signal } = abort;
    if (claim.role === null || !can(claim.role, 'ai.use')) {
      throw new Unanswerable('forbidden', 'You may not ask for completions here any more');
    }
    const began = performance.now();
    const model = this.modelOf(claim);
    const located = await this.replicas.locate(claim.documentId, claim.question, PATIENCE_MS, signal);
    if (located.type === 'gone' || located.type === 'malformed') {
      await this.retract(run, model);
      return;
    }
    if (located.type === 'behind') {
      throw new Unanswerable('document_behind', 'The server has not got what you see yet; try again');
    }
    run.begin(located, model.name);
    await this.stream(run, model, located, began);
  }

  private async stream(run: CompletionRun, model: ModelProvider, located: Located, began: number): Promise<void> {
    const { claim, abort } = run;
    const prompt = await this.context.build(claim, located, model, abort.signal);
    const ready = performance.now();
    const { path, lines } = prompt;
    const { prefix, suffix } = located;
    // What the prompt leaves out, or blanks, stands in the document all the same.
    const text = new CompletionText(prompt, { path, prefix, suffix, lines }, (alternative, piece) =>
      run.delta(alternative, piece),
    );
    // The stream is closed when enough has come: an iteration that is left early ends the request behind it.
    let first: number | undefined;
    for await (const chunk of model.stream(prompt, abort.signal)) {
      first ??= performance.now();
      if (text.take(chunk) === 'enough') break;
    }
    abort.signal.throwIfAborted();
    const { texts, usage, isRetracted } = text.finish();
    const note = `context ${(ready - began).toFixed(1)} ms`;
    const result = run.result('complete', texts, { model: model.name, usage, note });
    if (!(await this.requests.finish(run.id, claim.attempt, result))) return;
    if (isRetracted) run.retract('filtered');
    run.done(result);
    if (texts.length === 0) await this.close(run, 'ignored');
    this.observer.completed({
      model: model.name,
      outcome: 'complete',
      contextMs: ready - began,
      firstMs: (first ?? performance.now()) - ready,
      totalMs: performance.now() - began,
    });
  }

  /** The caret's text went away while the request was on its way: there is nothing to suggest, and nothing failed. */
  private async retract(run: CompletionRun, model: ModelProvider): Promise<void> {
    const result = run.result('complete', [], { model: model.name, usage: NO_USAGE, note: 'the caret is gone' });
    if (!(await this.requests.finish(run.id, run.claim.attempt, result))) return;
    run.retract('changed');
    run.done(result);
    await this.close(run, 'ignored');
  }

  private async fail(run: CompletionRun, error: unknown): Promise<void> {
    const { reason, message, retryAfterMs } = explain(error);
    const model = this.modelOf(run.claim).name;
    const result = run.result('failed', [], { model, usage: NO_USAGE, note: `${reason}: ${message}` });
    if (!(await this.requests.finish(run.id, run.claim.attempt, result))) return;
    run.unavailable(reason, message, retryAfterMs === undefined ? null : Date.now() + retryAfterMs);
    run.done(result);
    await this.close(run, 'failed');
    this.observer.completed({ model, outcome: 'failed', reason });
    const isExpected = error instanceof ModelError || error instanceof Unanswerable;
    if (!isExpected && !(error instanceof DocumentTooSlow && error.isRemembered)) this.observer.broken(error, run.id);
  }

  private modelOf({ question, preferences, settings }: ClaimedCompletion): ModelProvider {
    return this.models.choose(question.model, preferences.model, settings.aiContext.model);
  }

  private async close(run: CompletionRun, outcome: 'failed' | 'ignored'): Promise<void> {
    const resolution = { outcome, by: null, acceptedLength: undefined, alternative: undefined };
    if (await this.requests.resolve(run.id, resolution)) run.closed(outcome);
  }
}

const NO_USAGE = { promptTokens: 0, completionTokens: 0, estimated: false };

function isBreak(error: unknown): boolean {
  return error instanceof ModelError && (error.reason === 'provider_error' || error.reason === 'timeout');
}

function explain(error: unknown): { reason: string; message: string; retryAfterMs?: number | undefined } {
  if (error instanceof ModelError || error instanceof Unanswerable) {
    const { reason, message } = error;
    return { reason, message, retryAfterMs: error instanceof ModelError ? error.retryAfterMs : undefined };
  }
  if (error instanceof DocumentTooSlow)
    return { reason: 'provider_error', message: 'This document takes too long to read' };
  return { reason: 'provider_error', message: 'Something went wrong on the server' };
}
