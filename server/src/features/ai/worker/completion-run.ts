import type { CompletionUsage } from '@tandem/protocol';
import type { AiMessage, CompletionStarted, Suggestion, Visibility } from '../../../core/ai/ai-relay.js';
import type { ClaimedCompletion, CompletionResult } from '../../../core/ai/ai-requests.js';
import type { Located } from '../../../core/ai/replicas.js';

const SHARING: readonly Visibility[] = ['off', 'presence', 'text'];

type Publish = (message: AiMessage) => void;

/** One attempt at a completion: what was told of it, so that it can be told again. */
export class CompletionRun {
  /** Fires when the work is to be given up; the reason says why. */
  readonly abort = new AbortController();
  private started: CompletionStarted | undefined;
  private readonly deltas: { alternative: number; text: string }[] = [];

  constructor(
    readonly claim: ClaimedCompletion,
    private readonly publish: Publish,
  ) {}

  get id(): string {
    return this.claim.id;
  }

  /** Others see as much as the project and the asker allow both. */
  get visibility(): Visibility {
    const { configuration } = this.claim.settings;
    const allowed = Math.min(
      SHARING.indexOf(configuration.suggestionSharing),
      SHARING.indexOf(this.claim.preferences.visibility),
    );
    return SHARING[allowed] ?? 'off';
  }

  get hasText(): boolean {
    return this.deltas.length > 0;
  }

  begin(located: Located, model: string): void {
    const { documentId, userId, question } = this.claim;
    const { anchor, end, stateVector, before, after } = located;
    const suggestion: Suggestion = {
      userId,
      trigger: question.trigger,
      alternatives: question.alternatives,
      model,
      anchor,
      end,
      stateVector,
      before,
      after,
    };
    this.started = {
      ...this.ids,
      type: 'started',
      documentId,
      attempt: this.claim.attempt,
      suggestion,
      visibility: this.visibility,
    };
    this.publish(this.started);
  }

  delta(alternative: number, text: string): void {
    const index = this.deltas.length;
    this.deltas.push({ alternative, text });
    this.publish({ ...this.ids, type: 'delta', attempt: this.claim.attempt, index, alternative, text });
  }

  retract(reason: 'filtered' | 'changed' | 'forbidden'): void {
    this.publish({ ...this.ids, type: 'retracted', reason });
  }

  replay(): void {
    if (this.started) this.publish({ ...this.ids, type: 'replay', started: this.started, deltas: this.deltas });
  }

  unavailable(reason: string, message: string, retryAt: number | null): void {
    this.publish({ ...this.ids, type: 'unavailable', userId: this.claim.userId, reason, message, retryAt });
  }

  result(outcome: 'complete' | 'failed', texts: readonly string[], about: ResultNotes): CompletionResult {
    return {
      outcome,
      suggestion: this.started?.suggestion,
      visibility: this.visibility,
      texts,
      deltas: this.deltas.length,
      ...about,
    };
  }

  /** After the record says that this attempt ended it. */
  done({ outcome, texts, deltas, model, usage }: CompletionResult): void {
    const { userId, attempt } = this.claim;
    this.publish({ ...this.ids, type: 'done', userId, attempt, outcome, texts, deltas, model, usage });
  }

  closed(outcome: 'failed' | 'ignored'): void {
    this.publish({ ...this.ids, type: 'closed', outcome, by: null, accepted: [] });
  }

  private get ids() {
    const { id, projectId, documentId } = this.claim;
    return { completionId: id, projectId, documentId };
  }
}

export interface ResultNotes {
  readonly model: string;
  readonly usage: CompletionUsage;
  readonly note: string | undefined;
}
