import type { CompletionPrompt } from '../model-provider.js';

/** Takes secrets out of what is about to be sent to a model. */
export abstract class SecretFilter {
  /**
   * The same prompt, each secret replaced by a placeholder of the same length: offsets stay. Never rejects: a part that
   * could not be looked at, in time or at all, becomes empty.
   */
  abstract redact(prompt: CompletionPrompt): Promise<CompletionPrompt>;

  /** The same for any text; undefined when it could not be looked at. */
  abstract redactText(text: string): Promise<string | undefined>;
}
