import { createParser } from 'eventsource-parser';
import { ModelError } from '../../core/ai/model-provider.js';
import { Deadlines, type Timeouts } from './deadlines.js';
import { fromAnswer, fromEvent, fromNetwork, isWorthAnotherTry, NotUnderstood } from './model-errors.js';

export interface EndpointOptions {
  /** Up to `/v1`. It comes from the server's configuration alone, and redirects are not followed: nobody else may choose where this process connects. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Of an answer, as it comes over the wire. */
  readonly maxBytes?: number | undefined;
}

/** One event of an answer, of both APIs. */
export interface AnswerEvent {
  readonly choices?: readonly {
    readonly index?: number;
    readonly text?: string | null;
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
  readonly error?: unknown;
}

const DEFAULT_TIMEOUTS: Timeouts = { firstTokenMs: 10_000, idleMs: 10_000, totalMs: 30_000 };
/** Some 200 bytes of event carry one token: five alternatives of 1,000 tokens are 1 MB. */
const DEFAULT_MAX_BYTES = 4_000_000;
/** The longest line of an event stream: none of an honest answer comes near. */
const MAX_LINE = 256 * 1024;
const TRIES = 3;
const FIRST_PAUSE_MS = 40;
/** How long the end of a finished answer is read, so that its connection can be used again. */
const DRAIN_MS = 250;

/** An OpenAI-compatible HTTP API: posts a request and reads the event stream of the answer. */
export class ModelEndpoint {
  private readonly timeouts: Timeouts;
  private readonly maxBytes: number;
  /** Which of the shapes of a request the server has understood. */
  private shape = 0;

  constructor(private readonly options: EndpointOptions) {
    this.timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /**
   * The events of the answer. Throws ModelError, or `signal.reason` when it fires; then, and when the reader leaves early,
   * the connection is closed. What fails before the first text is tried again, twice at most: a reset, 5xx, and 429 with a
   * wait of up to a second. `bodies` are shapes of one request, the plainer ones last: when the server does not understand
   * one, it gets the next, and from then on that.
   */
  async *events(path: string, bodies: readonly object[], signal: AbortSignal): AsyncGenerator<AnswerEvent, void, void> {
    const deadlines = new Deadlines(this.timeouts, signal);
    let shape = Math.min(this.shape, bodies.length - 1);
    try {
      for (let tries = 1; ; ) {
        try {
          return yield* this.attempt(path, bodies, shape, deadlines);
        } catch (error) {
          const reason = deadlines.reason();
          if (reason !== undefined) throw reason;
          const failure = error instanceof ModelError ? error : fromNetwork(error);
          if (failure instanceof NotUnderstood && shape + 1 < bodies.length) {
            shape += 1;
            continue;
          }
          if (deadlines.hasText || tries === TRIES || !isWorthAnotherTry(failure)) throw failure;
          // Half of it is chance: those who were refused together shall not come back together.
          const pause = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random());
          await deadlines.pause(Math.max(pause, failure.retryAfterMs ?? 0));
          tries += 1;
        }
      }
    } finally {
      deadlines.clear();
    }
  }

  private async *attempt(
    path: string,
    bodies: readonly object[],
    shape: number,
    deadlines: Deadlines,
  ): AsyncGenerator<AnswerEvent, void, void> {
    const response = await this.post(path, JSON.stringify(bodies[shape]), deadlines.signal);
    this.shape = shape;
    const reader = response.body!.getReader();
    let isFinished = false;
    try {
      for await (const event of this.parse(reader, deadlines)) {
        // Nothing that lies here already is given out after that.
        deadlines.signal.throwIfAborted();
        isFinished = event === 'done';
        if (event === 'done') return;
        deadlines.progressed(hasText(event));
        yield event;
      }
    } finally {
      if (isFinished) void drain(reader);
      else void reader.cancel().catch(() => undefined);
    }
  }

  private async post(path: string, body: string, signal: AbortSignal): Promise<Response> {
    const { apiKey, baseUrl, headers } = this.options;
    const response = await fetch(`${baseUrl.replace(/\/+$/, '')}${path}`, {
      method: 'POST',
      // As good as `error`, and tells what the answer was.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        // A proxy that compresses a stream keeps tokens back until it has enough of them.
        'accept-encoding': 'identity',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...headers,
      },
      body,
      signal,
    });
    const error = await fromAnswer(response);
    if (error !== undefined) throw error;
    return response;
  }

  private async *parse(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    deadlines: Deadlines,
  ): AsyncGenerator<AnswerEvent | 'done'> {
    const waiting: string[] = [];
    let bytes = 0;
    let events = 0;
    let isTooLong = false;
    const parser = createParser({
      onEvent: ({ data }) => waiting.push(data),
      onError: ({ type }) => {
        isTooLong ||= type === 'max-buffer-size-exceeded';
      },
      maxBufferSize: MAX_LINE,
    });
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      parser.feed(decoder.decode(value, { stream: true }));
      for (const data of waiting) {
        if (data === '[DONE]') return yield 'done';
        events += 1;
        yield toEvent(data);
      }
      waiting.length = 0;
      if (isTooLong) throw new ModelError('bad_answer', 'The model sent a line that is too long.');
      if (bytes > this.maxBytes) {
        if (deadlines.hasText) return;
        throw new ModelError('bad_answer', 'The model sent too many bytes.');
      }
    }
    if (events === 0) throw new ModelError('bad_answer', 'The model sent nothing that can be read.');
  }
}

function toEvent(data: string): AnswerEvent {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    throw new ModelError('bad_answer', 'The model sent an event that is not JSON.');
  }
  if (typeof event !== 'object' || event === null) throw new ModelError('bad_answer', 'The model sent no object.');
  const { choices, error } = event as AnswerEvent;
  if (error !== undefined && error !== null) throw fromEvent(error);
  if (choices !== undefined && choices !== null && !Array.isArray(choices)) {
    throw new ModelError('bad_answer', 'The model sent no list of choices.');
  }
  return event;
}

const hasText = ({ choices }: AnswerEvent) => choices?.some((choice) => Boolean(textOf(choice))) ?? false;

/** The text that an event brings to a choice, whichever API it is of. */
export function textOf(choice: NonNullable<AnswerEvent['choices']>[number] | null | undefined): string {
  const text = choice?.text ?? choice?.delta?.content;
  return typeof text === 'string' ? text : '';
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), DRAIN_MS).unref();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The answer was whole already.
  } finally {
    clearTimeout(timer);
  }
}
