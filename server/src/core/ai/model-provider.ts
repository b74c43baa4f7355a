import type { CompletionTrigger } from '@tandem/protocol';

/** A piece of another file that may help. */
export interface Snippet {
  readonly path: string;
  readonly text: string;
}

/** All that a model is told: assembled under the asker's rights, cut to the budget, secrets taken out. */
export interface CompletionPrompt {
  readonly projectId: string;
  readonly documentId: string;
  readonly path: string;
  /** The text around the caret. */
  readonly prefix: string;
  readonly suffix: string;
  /** In an order that stays the same from request to request, so that a provider's prompt cache hits. */
  readonly snippets: readonly Snippet[];
  /** What the project's people want of suggestions; for models that follow instructions. */
  readonly instructions: string;
  /** Who asks by hand would rather see a guess than nothing. */
  readonly trigger: CompletionTrigger;
  /** How many different texts, at most. */
  readonly alternatives: number;
  /** `single`: to the end of the line. */
  readonly lines: 'single' | 'multi';
  readonly maxTokens: number;
}

export type ModelChunk =
  | { readonly type: 'text'; readonly alternative: number; readonly text: string }
  | { readonly type: 'usage'; readonly promptTokens: number; readonly completionTokens: number };

export type ModelErrorReason = 'rate_limited' | 'timeout' | 'provider_error' | 'provider_refused' | 'bad_answer';

/**
 * The model did not answer, or not as it should. `provider_refused` is final (a key that is not valid, a request that is
 * not understood); the others may go away. The message is for the asker: it holds neither the prompt nor a key.
 */
export class ModelError extends Error {
  constructor(
    readonly reason: ModelErrorReason,
    message: string,
    /** When the provider said it would answer again, in milliseconds from now. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ModelError';
  }
}

/** One model that completes text. */
export abstract class ModelProvider {
  /** What people choose it by, and what is reported as `model`. */
  abstract readonly name: string;
  abstract readonly kind: 'statistical' | 'language';
  abstract readonly description: string;

  /**
   * Text as it comes, of all alternatives. Ends when the model has. Throws ModelError. When `signal` fires, the work is
   * given up at once (an HTTP request is closed) and the iteration ends by throwing `signal.reason`.
   */
  abstract stream(prompt: CompletionPrompt, signal: AbortSignal): AsyncIterable<ModelChunk>;

  abstract close(): Promise<void>;
}
