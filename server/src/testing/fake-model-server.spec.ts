import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';
import { FakeModelServer, type ModelScript } from './fake-model-server.js';
import { patience } from './patience.js';

let server: FakeModelServer;
beforeEach(async () => {
  server = await FakeModelServer.start();
});
afterEach(() => server.stop());

const ask = (script: ModelScript, more: object = {}, path = '/completions', signal?: AbortSignal) => {
  server.onRequest = () => script;
  const body = JSON.stringify({ model: 'm', prompt: 'p', stream: true, ...more });
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    body,
    headers: { authorization: 'Bearer k' },
    signal: signal ?? null,
  });
};

const events = async (response: Response) =>
  (await response.text())
    .trim()
    .split('\n\n')
    .map((event) => event.replace('data: ', ''))
    .map((data) =>
      data === '[DONE]' ? data : (JSON.parse(data) as { choices: Record<string, unknown>[]; usage?: object }),
    );

describe('FakeModelServer', () => {
  it('streams as an OpenAI-compatible server does', async () => {
    const response = await ask({ tokens: ['a', 'ü'] }, { stream_options: { include_usage: true } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await events(response)).toMatchObject([
      { choices: [{ index: 0, text: 'a', finish_reason: null }] },
      { choices: [{ index: 0, text: 'ü', finish_reason: null }] },
      { choices: [{ index: 0, text: '', finish_reason: 'stop' }] },
      { choices: [], usage: { completion_tokens: 2 } },
      '[DONE]',
    ]);
    expect(server.requests).toMatchObject([
      { path: '/v1/completions', body: { model: 'm' }, headers: { authorization: 'Bearer k' } },
    ]);
  });

  it('chats', async () => {
    const response = await ask({ alternatives: [['a'], ['b', 'c']] }, { n: 2 }, '/chat/completions');
    expect((await events(response)).slice(0, 3)).toMatchObject([
      { choices: [{ index: 0, delta: { content: 'a' } }] },
      { choices: [{ index: 1, delta: { content: 'b' } }] },
      { choices: [{ index: 1, delta: { content: 'c' } }] },
    ]);
  });

  it('cuts the answer into pieces, through characters', async () => {
    const reader = (await ask({ tokens: ['grüß 😀'], splitBytes: 3 })).body!.getReader();
    const pieces: Uint8Array[] = [];
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) pieces.push(value!);
    // Some 70; the client may read two of them at once.
    expect(pieces.length).toBeGreaterThan(20);
    expect(Buffer.concat(pieces).toString()).toContain('"grüß 😀"');
  });

  it('keeps the time', async () => {
    const started = performance.now();
    await (await ask({ tokens: Array(21).fill('x'), delayMs: 100, tokensPerSecond: 100 })).text();
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(295);
    expect(took).toBeLessThan(1_500 * patience());
  });

  it('sees who gives up, and when', async () => {
    const controller = new AbortController();
    const response = await ask({ hang: 1 }, {}, '/completions', controller.signal);
    expect(server.live).toBe(1);
    controller.abort();
    await expect(response.text()).rejects.toThrow();
    await eventually('the request is aborted', () => server.aborted.length === 1);
    expect(server.aborted[0]!.abortedAt).toBeGreaterThan(server.aborted[0]!.at);
    expect(server.live).toBe(0);
  });

  it('refuses what no such server knows', async () => {
    expect((await ask({}, {}, '/other')).status).toBe(404);
    expect((await ask({}, { stream: false })).status).toBe(404);
    expect((await ask({ status: 429, headers: { 'retry-after': '3' }, body: 'no' })).headers.get('retry-after')).toBe(
      '3',
    );
  });

  it('resets connections', async () => {
    await expect(ask({ resetAfter: 0 })).rejects.toThrow();
    await expect((await ask({ tokens: ['a', 'b'], resetAfter: 1 })).text()).rejects.toThrow();
    expect(server.aborted).toHaveLength(0);
  });
});
