import { setImmediate as immediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CompletionPrompt, type ModelChunk, ModelError } from '../../core/ai/model-provider.js';
import { eventually } from '../../testing/eventually.js';
import { FakeModelServer } from '../../testing/fake-model-server.js';
import { patience } from '../../testing/patience.js';
import { OpenAiCompletions, type OpenAiCompletionsOptions } from './openai-completions.js';

const KEY = 'test-key-that-nobody-may-see';
const PROMPT: CompletionPrompt = {
  projectId: 'p',
  documentId: 'd',
  path: 'src/secret-plan.ts',
  prefix: 'const planB = ',
  suffix: ';\n',
  snippets: [],
  instructions: '',
  trigger: 'manual',
  alternatives: 1,
  lines: 'single',
  maxTokens: 64,
};

let server: FakeModelServer;
beforeEach(async () => {
  server = await FakeModelServer.start();
});
afterEach(() => server.stop());

const provider = (options: Partial<OpenAiCompletionsOptions> = {}) =>
  new OpenAiCompletions({
    name: 'fake',
    baseUrl: server.url,
    apiKey: KEY,
    model: 'fake-1',
    api: 'completions',
    template: 'qwen',
    ...options,
  });

interface Outcome {
  readonly texts: string[];
  readonly usage: ModelChunk | undefined;
  readonly error: unknown;
}

async function read(
  of: OpenAiCompletions,
  prompt: Partial<CompletionPrompt> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const texts: string[] = [];
  let usage: ModelChunk | undefined;
  try {
    for await (const chunk of of.stream({ ...PROMPT, ...prompt }, signal)) {
      if (chunk.type === 'usage') usage = chunk;
      else texts[chunk.alternative] = (texts[chunk.alternative] ?? '') + chunk.text;
    }
  } catch (error) {
    return { texts, usage, error };
  }
  return { texts, usage, error: undefined };
}

const modelError = (reason: ModelError['reason']) => expect.objectContaining({ name: 'ModelError', reason });

describe('what is asked', () => {
  it('sends the template of the family, its stop strings and the key', async () => {
    server.onRequest = () => ({ tokens: ['4', '2'] });
    const { texts, usage, error } = await read(provider());
    expect(error).toBeUndefined();
    expect(texts).toEqual(['42']);
    expect(usage).toEqual({ type: 'usage', promptTokens: expect.any(Number), completionTokens: 2 });
    const { path, body, headers } = server.requests[0]!;
    expect(path).toBe('/v1/completions');
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(body).toMatchObject({
      model: 'fake-1',
      prompt: '<|fim_prefix|>const planB = <|fim_suffix|>;\n<|fim_middle|>',
      max_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
      stop: expect.arrayContaining(['<|file_sep|>', '<|endoftext|>']),
    });
  });

  it('leaves the template to the server when it has none', async () => {
    await read(provider({ template: 'none' }));
    expect(server.requests[0]!.body).toMatchObject({ prompt: 'const planB = ', suffix: ';\n' });
  });

  it('asks for alternatives and keeps them apart', async () => {
    server.onRequest = () => ({ alternatives: [['a', 'b'], ['c', 'd', 'e'], ['never asked for']] });
    const { texts } = await read(provider(), { alternatives: 2 });
    expect(server.requests[0]!.body.n).toBe(2);
    expect(texts).toEqual(['ab', 'cde']);
  });

  it('asks a chat model to fill the hole and takes the answer out of its tag', async () => {
    server.onRequest = () => ({
      tokens: ['<think>they want 42</think>\n<COMP', 'LETION>```ts\n4', '2', '\n``', '`</COMPLETION> bye'],
    });
    const { texts } = await read(provider({ api: 'chat' }), { instructions: 'Use Roman numerals.', alternatives: 3 });
    expect(texts).toEqual(['42']);
    const { path, body } = server.requests[0]!;
    expect(path).toBe('/v1/chat/completions');
    const [system, user] = body.messages as { role: string; content: string }[];
    expect(system).toMatchObject({ role: 'system', content: expect.stringContaining('Use Roman numerals.') });
    expect(user!.content).toContain('const planB = {{FILL_HERE}};');
    expect(body).toMatchObject({ reasoning_effort: 'none', stop: ['</COMPLETION>'] });
  });

  it('asks again in a plainer shape when it is not understood, and then always', async () => {
    server.onRequest = ({ body }) =>
      'reasoning_effort' in body || 'max_completion_tokens' in body
        ? { status: 422, body: 'extra inputs are not permitted' }
        : { tokens: ['<COMPLETION>ok', '</COMPLETION>'] };
    const model = provider({ api: 'chat' });
    // Leaves at the first text, as somebody does who has enough.
    for await (const chunk of model.stream(PROMPT, new AbortController().signal)) {
      expect(chunk).toMatchObject({ text: 'ok' });
      break;
    }
    expect(server.requests).toHaveLength(3);
    expect((await read(model)).texts).toEqual(['ok']);
    expect(server.requests).toHaveLength(4);
  });

  it('does without alternatives and long lists of stop strings', async () => {
    server.onRequest = ({ body }) => ('n' in body ? { status: 400 } : { tokens: ['a', '<|file_sep|>', 'b'] });
    expect((await read(provider(), { alternatives: 3 })).texts).toEqual(['a']);
    expect(server.requests[1]!.body.stop).toHaveLength(4);
  });

  it('does not ask again for what is too long in any shape', async () => {
    server.onRequest = () => ({ status: 400, body: '{"error":{"code":"context_length_exceeded"}}' });
    expect((await read(provider())).error).toMatchObject({
      message: expect.stringContaining('context_length_exceeded'),
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('what comes back', () => {
  it.each([1, 2, 3, 7, 64])('reads a stream in pieces of %i bytes, through UTF-8 characters', async (splitBytes) => {
    const tokens = ['grüß ', '😀', ' 世界', ' e\u0301', '\r\n', '\u2028"\\'];
    server.onRequest = () => ({ tokens, splitBytes });
    expect((await read(provider())).texts).toEqual([tokens.join('')]);
  });

  it('cuts at a stop string that the server let through, in pieces, and closes the stream', async () => {
    server.onRequest = () => ({
      tokens: ['foo()', '<|file', '_sep|>other', ' file'],
      tokensPerSecond: 200,
      isEndless: true,
    });
    expect(await read(provider())).toMatchObject({ texts: ['foo()'], error: undefined });
    await eventually('the stream is closed', () => server.aborted.length === 1);
  });

  it('ends an endless stream at what its tokens can be, and closes it', async () => {
    server.onRequest = () => ({ tokens: ['for ever '], isEndless: true, tokensPerSecond: 500 });
    const { texts, error } = await read(provider(), { maxTokens: 10 });
    expect(error).toBeUndefined();
    expect(texts[0]).toHaveLength(80);
    await eventually('the stream is closed', () => server.aborted.length === 1 && server.live === 0);
  });

  it('ends at the limit of bytes', async () => {
    server.onRequest = () => ({ tokens: ['x'], isEndless: true });
    const { texts, error } = await read(provider({ maxBytes: 50_000 }), { maxTokens: 1e6 });
    expect(error).toBeUndefined();
    expect(texts[0]!.length).toBeGreaterThan(100);
    expect(texts[0]!.length).toBeLessThan(5_000);
    await eventually('the stream is closed', () => server.aborted.length === 1);
  });

  it('waits for a slow stream as long as something comes', async () => {
    server.onRequest = () => ({ tokens: Array(30).fill('x'), tokensPerSecond: 20 });
    const { texts, error } = await read(provider({ timeouts: { idleMs: 1_000 } }));
    expect(error).toBeUndefined();
    expect(texts[0]).toHaveLength(30);
  });

  it('has nothing to say about an empty answer', async () => {
    server.onRequest = () => ({ tokens: [] });
    expect(await read(provider())).toMatchObject({ texts: [], error: undefined });
  });

  it('uses a connection again', async () => {
    const model = provider();
    for (let round = 0; round < 20; round++) await read(model);
    // A second one when a request begins before the end of the answer before it was read.
    expect(new Set(server.requests.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });
});

describe('what goes wrong', () => {
  it.each([
    [400, 'provider_refused', 2],
    [401, 'provider_refused', 1],
    [403, 'provider_refused', 1],
    [404, 'provider_refused', 1],
    [429, 'rate_limited', 1],
    [500, 'provider_error', 3],
    [503, 'provider_error', 3],
  ] as const)('maps status %i to %s after %i requests', async (status, reason, requests) => {
    server.onRequest = () => ({ status, body: `{"error":{"message":"bad key ${KEY}: ${PROMPT.prefix}"}}` });
    const { error } = await read(provider());
    expect(error).toEqual(modelError(reason));
    expect((error as ModelError).message).toContain(String(status));
    expect((error as ModelError).message).not.toContain(KEY);
    expect((error as ModelError).message).not.toContain('planB');
    expect(server.requests).toHaveLength(requests);
  });

  it('says which of the known causes it was', async () => {
    server.onRequest = () => ({ status: 404, body: '{"error":{"code":"model_not_found"}}' });
    expect((await read(provider())).error).toMatchObject({ message: expect.stringContaining('model_not_found') });
  });

  it('tells when to come back, in seconds and by date', async () => {
    server.onRequest = () => ({ status: 429, headers: { 'retry-after': '7' } });
    expect((await read(provider())).error).toMatchObject({ reason: 'rate_limited', retryAfterMs: 7_000 });
    server.onRequest = () => ({ status: 429, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } });
    const { error } = await read(provider());
    expect((error as ModelError).retryAfterMs).toBeGreaterThan(50_000);
    expect((error as ModelError).retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(server.requests).toHaveLength(2);
  });

  it('waits for a server that is ready in a second', async () => {
    server.onRequest = (_, index) => (index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : {});
    expect((await read(provider())).texts).toEqual(['ok']);
    expect(server.requests[1]!.at - server.requests[0]!.at).toBeGreaterThan(950);
  });

  it('tries again after a reset before any text, and never after', async () => {
    server.onRequest = (_, index) => (index < 2 ? { resetAfter: 0 } : { tokens: ['fine'] });
    expect((await read(provider())).texts).toEqual(['fine']);
    expect(server.requests).toHaveLength(3);
    server.onRequest = () => ({ tokens: ['a', 'b', 'c', 'd'], resetAfter: 2, tokensPerSecond: 200 });
    expect(await read(provider())).toMatchObject({ texts: ['ab'], error: modelError('provider_error') });
    expect(server.requests).toHaveLength(4);
  });

  it('gives up after three resets', async () => {
    server.onRequest = () => ({ resetAfter: 0 });
    expect((await read(provider())).error).toEqual(modelError('provider_error'));
    expect(server.requests).toHaveLength(3);
  });

  it('says that nobody is there', async () => {
    const model = provider();
    await server.stop();
    expect((await read(model)).error).toEqual(modelError('provider_error'));
    server = await FakeModelServer.start();
    const nowhere = await read(provider({ baseUrl: 'http://no-such-host.invalid/v1' }));
    expect(nowhere.error).toEqual(modelError('provider_error'));
  });

  it('does not follow a redirect', async () => {
    const other = await FakeModelServer.start();
    try {
      server.onRequest = () => ({ status: 307, headers: { location: `${other.url}/completions` } });
      expect((await read(provider())).error).toEqual(modelError('provider_refused'));
      expect(other.requests).toHaveLength(0);
    } finally {
      await other.stop();
    }
  });

  it.each([
    ['no head', { hang: true as const }, { firstTokenMs: 500 }, []],
    ['no token', { hang: 0 }, { firstTokenMs: 500 }, []],
    ['silence after a token', { tokens: ['a', 'b', 'c'], hang: 2 }, { idleMs: 500 }, ['ab']],
    [
      'a slow stream',
      { tokens: ['x'], isEndless: true, tokensPerSecond: 50 },
      { totalMs: 1_000 },
      [expect.stringMatching(/^x+$/)],
    ],
  ])('times out: %s', async (_, script, timeouts, texts) => {
    server.onRequest = () => script;
    expect(await read(provider({ timeouts }))).toMatchObject({ texts, error: modelError('timeout') });
    await eventually('the connection is closed', () => server.aborted.length === 1);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['another content type', { body: '{"choices":[]}', headers: { 'content-type': 'application/json' } }],
    ['a page', { body: '<html>hello</html>', headers: { 'content-type': 'text/html' } }],
    ['garbage', { body: Buffer.from('c3c3a0fe0a0a64617461', 'hex') }],
    ['an event that is not JSON', { body: 'data: {"choices":[{"te\n\n' }],
    ['an event that is no object', { body: 'data: 42\n\n' }],
    ['choices that are no list', { body: 'data: {"choices":{"index":0}}\n\n' }],
    ['nothing', { body: '' }],
    ['a line without end', { body: `data: ${'x'.repeat(300_000)}` }],
  ])('calls it a bad answer: %s', async (_, script) => {
    server.onRequest = () => script;
    expect(await read(provider())).toMatchObject({ texts: [], error: modelError('bad_answer') });
    expect(server.requests).toHaveLength(1);
  });

  it('ignores choices and texts of the wrong kind', async () => {
    server.onRequest = () => ({
      body: 'data: {"choices":[null,{"index":7,"text":"x"},{"text":5},{"index":"0","text":"y"},{"text":"z"}],"usage":{"prompt_tokens":"5"}}\n\n',
    });
    expect(await read(provider())).toMatchObject({ texts: ['z'], usage: undefined, error: undefined });
  });

  it('reports an error in the middle of a stream', async () => {
    server.onRequest = () => ({ body: 'data: {"choices":[{"text":"a"}]}\n\ndata: {"error":{"code":500}}\n\n' });
    expect(await read(provider())).toMatchObject({ texts: ['a'], error: modelError('provider_error') });
    expect(server.requests).toHaveLength(1);
  });
});

describe('giving up', () => {
  it.each([
    ['before the head', { hang: true as const }],
    ['before the first token', { hang: 0 }],
    ['while it pauses before another try', { status: 500 }],
  ])('throws the reason: %s', async (_, script) => {
    server.onRequest = () => script;
    const controller = new AbortController();
    const outcome = read(provider(), {}, controller.signal);
    await eventually('the request is there', () => server.requests.length === 1);
    const reason = new Error('typed on');
    controller.abort(reason);
    expect((await outcome).error).toBe(reason);
  });

  it('does not even ask when the signal has fired', async () => {
    const { error } = await read(provider(), {}, AbortSignal.abort('over'));
    expect(error).toBe('over');
    expect(server.requests).toHaveLength(0);
  });

  it('gives out no other alternative of the same event', async () => {
    server.onRequest = () => ({ body: 'data: {"choices":[{"index":0,"text":"a"},{"index":1,"text":"b"}]}\n\n' });
    const controller = new AbortController();
    const stream = provider().stream({ ...PROMPT, alternatives: 2 }, controller.signal);
    expect((await stream.next()).value).toMatchObject({ text: 'a' });
    controller.abort(new Error('typed on'));
    await expect(stream.next()).rejects.toThrow('typed on');
  });

  it('gives nothing out after that, though it has come already', async () => {
    server.onRequest = () => ({
      alternatives: [
        ['a', 'b', 'c'],
        ['d', 'e', 'f'],
      ],
    });
    for (let taken = 1; taken < 6; taken++) {
      const controller = new AbortController();
      const stream = provider().stream({ ...PROMPT, alternatives: 2 }, controller.signal);
      for (let chunk = 0; chunk < taken; chunk++) await stream.next();
      controller.abort(new Error('typed on'));
      await expect(stream.next()).rejects.toThrow('typed on');
    }
  });

  it('closes the stream when the reader leaves', async () => {
    server.onRequest = () => ({ tokens: ['a'], isEndless: true, tokensPerSecond: 100 });
    for await (const _ of provider().stream(PROMPT, new AbortController().signal)) break;
    await eventually('the stream is closed', () => server.aborted.length === 1);
  });

  it('reaches the model in some milliseconds', async () => {
    server.onRequest = () => ({ tokens: ['a'], isEndless: true, tokensPerSecond: 200 });
    const model = provider();
    const delays: number[] = [];
    for (let round = 0; round < 200; round++) {
      const controller = new AbortController();
      let abortedAt = 0;
      const stream = model.stream(PROMPT, controller.signal);
      await stream.next();
      abortedAt = performance.now();
      controller.abort();
      await expect(stream.next()).rejects.toBe(controller.signal.reason);
      const request = server.requests[round]!;
      for (let turn = 0; request.abortedAt === undefined && turn < 100_000; turn++) await immediate();
      delays.push(request.abortedAt! - abortedAt);
    }
    delays.sort((a, b) => a - b);
    // Measured alone: p50 0.6 ms, p99 14 ms on a machine with five times the work it can do. FAULTS.md F30 asks for 100 ms.
    const times = patience();
    expect(delays[100]).toBeLessThan(50 * times);
    expect(delays[197]).toBeLessThan(250 * times);
  });
});
