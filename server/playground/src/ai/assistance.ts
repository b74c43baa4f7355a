import { type AiUnavailableEvent, TandemError } from '@tandem/protocol';
import type { CompletionStream, TandemApi, TandemClient } from '@tandem/protocol/client';
import type { AiModel } from '@tandem/protocol/http';
import { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';
import { messageOf } from '../ui/toasts.js';
import { aiPreferences } from './ai-preferences.js';

/** Why nothing was suggested, until it is worth another try. */
export type Unavailable = Pick<AiUnavailableEvent, 'message' | 'retryAt'>;

/** Without a time to try again, trouble is shown for so long, in milliseconds. */
const TROUBLE_SHOWN_MS = 15_000;
/** How many suggestions the models are remembered of. */
const REMEMBERED = 500;

/** The models of the server, and how the suggestions that were asked for here get on. */
export class Assistance {
  readonly #scope = new Scope();
  readonly #models = signal<readonly AiModel[]>([]);
  readonly models: Readable<readonly AiModel[]> = this.#models;
  readonly #running = signal(0);
  readonly isThinking = computed(() => this.#running.value > 0);
  readonly #unavailable = signal<Unavailable | undefined>(undefined);
  readonly unavailable: Readable<Unavailable | undefined> = this.#unavailable;
  readonly #modelOf = new Map<string, string>();
  #forget = () => {};

  constructor(
    client: TandemClient,
    private readonly api: TandemApi,
  ) {
    this.#scope.add(client.on('ai-unavailable', (event) => this.#onUnavailable(event)));
    this.#scope.add(client.on('completion-started', ({ completionId, model }) => this.#note(completionId, model)));
  }

  /** Rejects with the refusal. */
  async load(): Promise<void> {
    this.#models.value = await this.api.aiModels();
  }

  close(): void {
    this.#scope.dispose();
  }

  /** The model that answers, as far as this page can tell: the user's, else the project's, else the server's. */
  modelFor(projectModel: string | null | undefined): AiModel | undefined {
    const models = this.#models.value;
    const named = (name: string | null | undefined) => models.find((model) => model.name === name);
    return named(aiPreferences.value.model) ?? named(projectModel) ?? models.find(({ isDefault }) => isDefault);
  }

  /** The model of a suggestion that began while this page was open. */
  modelOf(completionId: string): string | undefined {
    return this.#modelOf.get(completionId);
  }

  /** Shows that it is being worked on until it ends. */
  follow(stream: CompletionStream): void {
    this.#running.update((count) => count + 1);
    stream.done
      .then(({ outcome }) => {
        if (outcome === 'complete') this.#unavailable.value = undefined;
      })
      .catch((error: unknown) => {
        if (stream.status === 'cancelled') return;
        // Told where other news about suggestions is, and not in the way of somebody who types.
        const wait = error instanceof TandemError ? error.retryAfterMs : undefined;
        const retryAt = wait === undefined ? null : Date.now() + wait;
        this.#onUnavailable({ message: messageOf(error), retryAt });
      })
      .finally(() => this.#running.update((count) => count - 1));
  }

  #note(completionId: string, model: string): void {
    this.#modelOf.set(completionId, model);
    const [oldest] = this.#modelOf.keys();
    if (this.#modelOf.size > REMEMBERED && oldest !== undefined) this.#modelOf.delete(oldest);
  }

  #onUnavailable(event: Unavailable): void {
    this.#unavailable.value = event;
    const wait = event.retryAt ? Math.max(0, event.retryAt - Date.now()) : TROUBLE_SHOWN_MS;
    this.#forget();
    this.#forget = this.#scope.after(wait, () => {
      this.#unavailable.value = undefined;
    });
  }
}
