import { type CompletionPrompt, type ModelChunk, ModelProvider } from '../../core/ai/model-provider.js';
import { ChatAnswer } from '../../core/ai/prompt/chat-answer.js';
import { CHAT_STOPS, chatPrompt } from '../../core/ai/prompt/chat-prompt.js';
import { type FimFamily, fimPrompt, suffixPrompt } from '../../core/ai/prompt/fim-templates.js';
import { StopFilter } from '../../core/ai/prompt/stop-strings.js';
import { type AnswerEvent, type EndpointOptions, ModelEndpoint, textOf } from './model-endpoint.js';

export interface OpenAiCompletionsOptions extends EndpointOptions {
  /** What people choose it by. */
  readonly name: string;
  readonly description?: string | undefined;
  /** As the server calls it. */
  readonly model: string;
  /**
   * `completions`: `POST /completions` with a fill-in-the-middle prompt, the fastest. `chat`: `POST /chat/completions`
   * with a request to fill a hole, for models that only chat.
   */
  readonly api: 'completions' | 'chat';
  /**
   * Whose tokens make up the prompt; `none`: the server does it, and gets the parameter `suffix`. vLLM refuses `suffix`.
   * (With a base URL that ends in `/v1/fim`, `none` speaks Mistral's own endpoint.)
   */
  readonly template: 'none' | FimFamily;
}

const WITH_USAGE = { stream_options: { include_usage: true } };

/** No token of a program is longer on average; a stream that goes on past it does not know how to stop. */
const CHARACTERS_PER_TOKEN = 8;

/** Cuts the text of one alternative out of what the model sends. */
interface AnswerFilter {
  push(piece: string): string;
  end(): string;
  readonly isDone: boolean;
}

/** A language model behind an OpenAI-compatible API. Connections are kept and used again by Node's fetch. */
export class OpenAiCompletions extends ModelProvider {
  readonly kind = 'language';
  readonly name: string;
  readonly description: string;
  private readonly endpoint: ModelEndpoint;

  constructor(private readonly options: OpenAiCompletionsOptions) {
    super();
    this.name = options.name;
    this.description = options.description ?? `${options.model} by an OpenAI-compatible API`;
    this.endpoint = new ModelEndpoint(options);
  }

  override async *stream(prompt: CompletionPrompt, signal: AbortSignal): AsyncGenerator<ModelChunk, void, void> {
    const { path, bodies, stops } = this.options.api === 'chat' ? this.chat(prompt) : this.completion(prompt);
    const most = prompt.maxTokens * CHARACTERS_PER_TOKEN;
    const alternatives = this.options.api === 'chat' ? 1 : prompt.alternatives;
    const open = new Map(Array.from({ length: alternatives }, (_, index) => [index, this.filter(prompt, stops, most)]));
    for await (const event of this.endpoint.events(path, bodies, signal)) {
      for (const chunk of textsOf(event, open)) {
        yield chunk;
        signal.throwIfAborted();
      }
      const usage = usageOf(event);
      if (usage !== undefined) yield usage;
      // The rest of the stream is not worth waiting for; leaving closes it. Who ended by itself still sends the usage.
      if ([...open.values()].every((filter) => filter.isDone)) return;
    }
    for (const [alternative, filter] of open) {
      const text = filter.end();
      if (text !== '') yield { type: 'text', alternative, text };
    }
  }

  /** Nothing of ours stays open: idle connections belong to Node's fetch, which closes them after some seconds. */
  override async close(): Promise<void> {}

  private chat(prompt: CompletionPrompt) {
    const { maxTokens } = prompt;
    const common = { model: this.options.model, messages: chatPrompt(prompt), stream: true };
    // Thinking is off where the server knows the field: it cost whole answers (theia#17521). The tag takes tokens, too.
    const full = { max_tokens: maxTokens + 16, stop: CHAT_STOPS, temperature: 0.1, reasoning_effort: 'none' };
    const bodies = [
      { ...common, ...full, ...WITH_USAGE },
      // Newer models of OpenAI refuse `max_tokens` and `stop`, older ones `reasoning_effort`.
      { ...common, max_completion_tokens: maxTokens + 16, ...WITH_USAGE },
      { ...common, max_tokens: maxTokens + 16 },
    ];
    return { path: '/chat/completions', bodies, stops: [] };
  }

  private completion(prompt: CompletionPrompt) {
    const { model, template } = this.options;
    const { maxTokens, alternatives } = prompt;
    const { stops, ...asked } =
      template === 'none' ? { ...suffixPrompt(prompt), stops: [] } : fimPrompt(template, prompt);
    const common = { model, ...asked, max_tokens: maxTokens, stream: true };
    const stop = (most: number) => (stops.length === 0 ? {} : { stop: stops.slice(0, most) });
    const many = alternatives === 1 ? { temperature: 0.1 } : { temperature: 0.7, n: alternatives };
    // OpenAI takes four stop strings; what a server does not know of is cut here.
    const bodies = [
      { ...common, ...many, ...stop(stops.length), ...WITH_USAGE },
      { ...common, temperature: 0.1, ...stop(4) },
    ];
    return { path: '/completions', bodies, stops };
  }

  private filter(prompt: CompletionPrompt, stops: readonly string[], most: number): AnswerFilter {
    const isAtLineStart = prompt.prefix.slice(prompt.prefix.lastIndexOf('\n') + 1).trim() === '';
    const inner = this.options.api === 'chat' ? new ChatAnswer(isAtLineStart) : new StopFilter(stops);
    return new Bounded(inner, most);
  }
}

/** Ends an alternative that is longer than it was asked to be. */
class Bounded implements AnswerFilter {
  private length = 0;

  constructor(
    private readonly inner: AnswerFilter,
    private readonly most: number,
  ) {}

  get isDone(): boolean {
    return this.inner.isDone || this.length >= this.most;
  }

  push(piece: string): string {
    return this.cut(this.inner.push(piece));
  }

  end(): string {
    return this.cut(this.inner.end());
  }

  private cut(text: string): string {
    const rest = text.slice(0, this.most - this.length);
    this.length += rest.length;
    return rest;
  }
}

function* textsOf(event: AnswerEvent, open: ReadonlyMap<number, AnswerFilter>): Generator<ModelChunk> {
  for (const choice of event.choices ?? []) {
    const alternative = choice?.index ?? 0;
    const piece = textOf(choice);
    const text = piece === '' ? '' : (open.get(alternative)?.push(piece) ?? '');
    if (text !== '') yield { type: 'text', alternative, text };
  }
}

function usageOf({ usage }: AnswerEvent): ModelChunk | undefined {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage ?? {};
  if (!Number.isSafeInteger(promptTokens) || !Number.isSafeInteger(completionTokens)) return undefined;
  return { type: 'usage', promptTokens: promptTokens!, completionTokens: completionTokens! };
}
