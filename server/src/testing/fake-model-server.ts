import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';

/** What the fake model answers to one request. Without anything: one token, at once. */
export interface ModelScript {
  /** The text of the first alternative, in pieces. */
  readonly tokens?: readonly string[];
  /** Instead of `tokens`: the pieces of each alternative; those beyond the request's `n` are not sent. */
  readonly alternatives?: readonly (readonly string[])[];
  /** From the request to the first token; the head of the answer is sent at once. */
  readonly delayMs?: number;
  /** Per alternative. Default: all at once. */
  readonly tokensPerSecond?: number;
  /** Begins again with the first token after the last one, for ever. */
  readonly isEndless?: boolean;
  /** Sends the answer in pieces of so many bytes, through the middle of UTF-8 characters too. */
  readonly splitBytes?: number;
  /** Nothing more after so many tokens; `true`: not even the head of an answer. */
  readonly hang?: number | true;
  /** The connection is reset after so many tokens; 0: before the head. */
  readonly resetAfter?: number;
  /** Not a stream: this status, with `body`. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of tokens; under status 200 and `text/event-stream` unless said otherwise. */
  readonly body?: string | Uint8Array;
  readonly finishReason?: string;
}

/** A request as it was seen. Times are of `performance.now()`. */
export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: number;
  /** The client's port: the same one for requests over one connection. */
  readonly port: number;
  /** When the client closed the connection before the end of the answer. */
  abortedAt?: number;
  /** When the last byte was handed to the socket. */
  endedAt?: number;
}

interface Stream {
  readonly response: ServerResponse;
  readonly request: SeenRequest;
  readonly script: ModelScript;
  readonly tokens: readonly (readonly string[])[];
  /** Text of a frame before and after the token, per alternative. */
  readonly frames: readonly { readonly before: string; readonly after: string }[];
  readonly length: number;
  readonly startAt: number;
  sent: number;
  /** What is still written in pieces. */
  writing: Promise<void>;
}

/** Of endless streams: what is written in one turn at most, per alternative. */
const TOKENS_PER_TURN = 64;
const TICK_MS = 2;
const DEFAULT_TOKENS = ['ok'];

/**
 * An OpenAI-compatible server whose model is a script: `/v1/completions` and `/v1/chat/completions` as event streams. It
 * serves tests and benchmarks, so all streams share one timer, and what is due is written at once.
 */
export class FakeModelServer {
  /** What is answered; may be set at any time. `index` counts requests from 0. */
  onRequest: (request: SeenRequest, index: number) => ModelScript = () => ({});
  readonly requests: SeenRequest[] = [];
  private readonly streams = new Set<Stream>();
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly server: Server) {}

  /** On a free port of the loopback device. */
  static async start(onRequest?: FakeModelServer['onRequest']): Promise<FakeModelServer> {
    const http = createServer({ noDelay: true });
    const server = new FakeModelServer(http);
    if (onRequest !== undefined) server.onRequest = onRequest;
    http.on('request', (request, response) => void server.receive(request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The base URL, with `/v1`. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** Requests that a client gave up. */
  get aborted(): SeenRequest[] {
    return this.requests.filter(({ abortedAt }) => abortedAt !== undefined);
  }

  /** Streams that are still open. */
  get live(): number {
    return this.streams.size;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.streams.clear();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    const pieces: Buffer[] = [];
    try {
      for await (const piece of incoming) pieces.push(piece as Buffer);
    } catch {
      return; // The client went away while it asked.
    }
    const body = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Record<string, unknown>;
    const port = incoming.socket.remotePort ?? 0;
    const request: SeenRequest = { path: incoming.url ?? '', headers: incoming.headers, body, at, port };
    this.requests.push(request);
    response.on('error', () => undefined);
    response.on('close', () => {
      if (!response.writableEnded && request.endedAt === undefined) request.abortedAt = performance.now();
    });
    this.answer(request, response, this.onRequest(request, this.requests.length - 1));
  }

  private answer(request: SeenRequest, response: ServerResponse, script: ModelScript): void {
    if (script.hang === true) return;
    if (script.resetAfter === 0) {
      reset(request, response);
      return;
    }
    const isKnown = /^\/v1(\/fim)?(\/chat)?\/completions$/.test(request.path) && request.body.stream === true;
    const status = isKnown ? (script.status ?? 200) : 404;
    if (status !== 200 || script.body !== undefined) {
      response.writeHead(status, {
        'content-type': status === 200 ? 'text/event-stream' : 'text/plain',
        ...script.headers,
      });
      response.end(script.body ?? '');
      request.endedAt = performance.now();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...script.headers });
    response.flushHeaders();
    const stream = toStream(request, response, script);
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    this.advance(stream);
    if (this.streams.size > 0) this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    for (const stream of this.streams) this.advance(stream);
    if (this.streams.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Writes what is due. */
  private advance(stream: Stream): void {
    const { script, response, request } = stream;
    const last = Math.min(script.hang === undefined ? Infinity : Number(script.hang), script.resetAfter ?? Infinity);
    const due = Math.min(dueTokens(stream), last, script.isEndless ? stream.sent + TOKENS_PER_TURN : stream.length);
    if (due > stream.sent && !response.writableNeedDrain) {
      let text = '';
      for (; stream.sent < due; stream.sent += 1) text += framesAt(stream, stream.sent);
      send(stream, text);
    }
    if (stream.sent === script.resetAfter) {
      this.streams.delete(stream);
      // In a later turn: what was written shall leave before the reset.
      response.write('', () => setImmediate(() => reset(request, response)));
    } else if (stream.sent === stream.length && script.hang === undefined && !script.isEndless) {
      if (performance.now() < stream.startAt) return;
      this.streams.delete(stream);
      send(stream, ending(stream));
      if (script.splitBytes === undefined) finish(stream);
      else void stream.writing.then(() => finish(stream));
    }
  }
}

function toStream(request: SeenRequest, response: ServerResponse, script: ModelScript): Stream {
  const { body, path } = request;
  const isChat = path.includes('/chat/');
  const n = typeof body.n === 'number' ? body.n : 1;
  const tokens = (script.alternatives ?? [script.tokens ?? DEFAULT_TOKENS]).slice(0, n);
  const frames = tokens.map((_, index) => ({
    before: `data: {"id":"fake","model":"fake","choices":[{"index":${index},${isChat ? '"delta":{"content":' : '"text":'}`,
    after: `${isChat ? '}' : ''},"finish_reason":null}]}\n\n`,
  }));
  const length = Math.max(...tokens.map((list) => list.length));
  const startAt = performance.now() + (script.delayMs ?? 0);
  return { request, response, script, tokens, frames, length, startAt, sent: 0, writing: Promise.resolve() };
}

function dueTokens({ script, startAt }: Stream): number {
  const since = performance.now() - startAt;
  if (since < 0) return 0;
  return script.tokensPerSecond === undefined ? Infinity : 1 + Math.floor((since * script.tokensPerSecond) / 1000);
}

/** The n-th token of each alternative. */
function framesAt({ tokens, frames, script }: Stream, n: number): string {
  let text = '';
  for (let alternative = 0; alternative < tokens.length; alternative++) {
    const list = tokens[alternative]!;
    const token = list[script.isEndless ? n % list.length : n];
    if (token === undefined) continue;
    const { before, after } = frames[alternative]!;
    text += before + JSON.stringify(token) + after;
  }
  return text;
}

function ending({ tokens, script, request }: Stream): string {
  const choices = tokens.map((_, index) => ({
    index,
    text: '',
    delta: {},
    finish_reason: script.finishReason ?? 'stop',
  }));
  let text = `data: ${JSON.stringify({ id: 'fake', choices })}\n\n`;
  const options = request.body.stream_options as { include_usage?: boolean } | undefined;
  if (options?.include_usage) {
    const completion = tokens.reduce((sum, list) => sum + list.length, 0);
    const prompt = Math.ceil(JSON.stringify(request.body.prompt ?? request.body.messages ?? '').length / 4);
    const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
    text += `data: ${JSON.stringify({ id: 'fake', choices: [], usage })}\n\n`;
  }
  return `${text}data: [DONE]\n\n`;
}

function send(stream: Stream, text: string): void {
  const { response, script } = stream;
  if (script.splitBytes === undefined) response.write(text);
  else stream.writing = stream.writing.then(() => sendPieces(response, Buffer.from(text), script.splitBytes!));
}

/** In a turn each: Node makes one chunk of what is written in the same turn, and a client reads it in one piece. */
async function sendPieces(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    response.write(bytes.subarray(at, at + size));
    await immediate();
  }
}

function finish({ response, request }: Stream): void {
  if (response.destroyed) return;
  response.end();
  request.endedAt = performance.now();
}

function reset(request: SeenRequest, response: ServerResponse): void {
  request.endedAt = performance.now();
  response.socket?.resetAndDestroy();
}
