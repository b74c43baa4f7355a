import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DOCUMENT, Harness } from '../../../test/harness.js';
import { breathe } from '../../testing/index.js';
import type { CompletionStream, DocumentProvider } from '../index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

const opened = async (user: string, text?: string) => {
  const editor = await at.opened(user);
  if (text !== undefined) editor.provider.text.insert(0, text);
  await at.server.settle();
  return editor;
};
/** Asks, and lets the server begin. */
const ask = async (provider: DocumentProvider, options: Parameters<DocumentProvider['complete']>[0] = {}) => {
  const stream = provider.complete(options);
  await at.server.settle();
  return { stream, model: at.server.ai.completions.at(-1)! };
};
/** Lets the server take what is on its way; its answers are given at last, behind everything else. */
const holdAnswers = async (deliver: () => void) => {
  await Promise.resolve();
  const { server } = at;
  const answers: (() => void)[] = [];
  const { receive } = server;
  server.receive = (from, event, body, answer) =>
    receive.call(server, from, event, body, (value) => answers.push(() => answer(value)));
  deliver();
  server.receive = receive;
  return answers;
};
/** What a loop over the stream has seen so far; an error ends it. */
const listen = (stream: CompletionStream) => {
  const seen: string[] = [];
  const loop = async () => {
    for await (const { text, alternative } of stream) seen.push(alternative === 0 ? text : `${alternative}:${text}`);
    seen.push('(end)');
  };
  loop().catch((error: { code: string }) => seen.push(error.code));
  return seen;
};

describe('a stream', () => {
  it('CMP-25: yields what comes, in order, and ends with what the server says', async () => {
    const { provider } = await opened('ann', 'const a = ');
    const { stream, model } = await ask(provider, { count: 2, trigger: 'automatic', model: 'big' });
    expect(at.asked('completion:start')).toEqual([
      {
        documentId: DOCUMENT,
        anchor: expect.any(Uint8Array),
        stateVector: expect.any(Uint8Array),
        trigger: 'automatic',
        model: 'big',
        count: 2,
      },
    ]);
    expect([stream.status, stream.completionId]).toEqual(['streaming', model.completionId]);
    const seen = listen(stream);
    model.delta('1');
    model.delta('2', 1);
    await at.server.settle();
    model.delta('0');
    await at.server.settle();
    expect(seen).toEqual(['1', '1:2', '0']);
    expect(stream.texts).toEqual(['10', '2']);
    model.done();
    await at.server.settle();
    expect(seen).toEqual(['1', '1:2', '0', '(end)']);
    expect(stream.status).toBe('complete');
    expect(await stream.done).toEqual({
      outcome: 'complete',
      texts: ['10', '2'],
      model: 'big',
      usage: { promptTokens: 10, completionTokens: 3, estimated: false },
    });
  });

  it('CMP-25: what comes before the answer that names it is not lost', async () => {
    const { client, provider } = await opened('ann', 'x');
    const { server } = at;
    const stream = provider.complete();
    const answers = await holdAnswers(() => at.connectionOf(client).deliverToServer());
    const model = server.ai.completions[0]!;
    model.delta('abc');
    model.done();
    await server.settle();
    expect(stream.status).toBe('starting');
    expect(provider.suggestions.list).toEqual([]);
    for (const answer of answers) answer();
    await server.settle();
    expect(stream.status).toBe('complete');
    expect(listen(stream)).toEqual([]);
    await server.settle();
    expect(provider.suggestions.mine).toMatchObject({ text: 'abc', isDone: true });
  });

  it('CMP-25: a restart voids what came, and iterations begin anew', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    let restarts = 0;
    stream.on('restarted', () => {
      restarts += 1;
    });
    model.delta('wrong');
    await at.server.settle();
    model.restart();
    await at.server.settle();
    expect([stream.texts, provider.suggestions.list]).toEqual([[], []]);
    model.delta('right');
    model.done();
    await at.server.settle();
    expect(seen).toEqual(['wrong', 'right', '(end)']);
    expect(restarts).toBe(1);
    expect(provider.suggestions.mine?.text).toBe('right');
  });

  it('CMP-24: a reconnect goes on where it was, each delta once', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    model.delta('a');
    model.delta('b');
    await at.server.settle();
    at.cutAll();
    model.delta('c');
    at.clock.advance(3_000);
    await at.server.settle();
    model.delta('d');
    model.done();
    await at.server.settle();
    expect(at.asked('completion:resume')).toEqual([{ completionId: model.completionId, attempt: 1, index: 1 }]);
    expect(seen).toEqual(['a', 'b', 'c', 'd', '(end)']);
    expect((await stream.done).texts).toEqual(['abcd']);
  });

  it('CMP-24: a restart that was missed is heard of at the reconnect', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    model.delta('a');
    await at.server.settle();
    at.cutAll();
    model.restart();
    model.delta('b');
    at.clock.advance(3_000);
    await at.server.settle();
    expect(seen).toEqual(['a', 'b']);
    expect(stream.texts).toEqual(['b']);
  });

  it('CMP-24: one that the server does not know any more fails', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    model.delta('a');
    await at.server.settle();
    at.cutAll();
    model.close('expired', null);
    at.clock.advance(3_000);
    await at.server.settle();
    expect(await stream.done).toMatchObject({ outcome: 'failed', texts: ['a'] });
    expect(seen).toEqual(['a', '(end)']);
    expect(provider.suggestions.list).toEqual([]);
  });

  it('CMP-24: one that had no answer when the connection broke rejects', async () => {
    const { provider } = await opened('ann', 'x');
    const stream = provider.complete();
    const seen = listen(stream);
    await Promise.resolve();
    expect(at.server.connections[0]!.toServerCount).toBe(1);
    at.cutAll();
    await expect(stream.done).rejects.toMatchObject({ code: 'unreachable' });
    await breathe();
    expect([stream.status, seen]).toEqual(['failed', ['unreachable']]);
  });

  it('CMP-25: a hole is asked for again', async () => {
    const { client, provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    model.deltas.push({ alternative: 0, text: 'a' });
    model.delta('b');
    model.delta('c');
    await at.server.settle();
    expect(at.asked('completion:resume')).toEqual([{ completionId: model.completionId, attempt: 1, index: -1 }]);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(client.status).toBe('online');
  });

  it('CMP-25: what was left out for a slow line comes with the end', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const seen = listen(stream);
    model.delta('a');
    await at.server.settle();
    model.texts[0] += 'bc';
    model.done();
    await at.server.settle();
    expect(seen).toEqual(['a', 'bc', '(end)']);
    expect(provider.suggestions.mine?.text).toBe('abc');
  });

  it('CMP-25: an equal question is answered with the suggestion that is there', async () => {
    const { provider } = await opened('ann', 'x');
    const window = (await at.opened('ann')).provider;
    const { stream, model } = await ask(provider);
    model.delta('a');
    await at.server.settle();
    at.server.ai.answerNextWith = model;
    const again = await ask(window);
    const seen = listen(again.stream);
    model.delta('b');
    model.done();
    await at.server.settle();
    expect(again.stream.completionId).toBe(stream.completionId);
    expect(seen).toEqual(['a', 'b', '(end)']);
    expect([provider, window].map(({ suggestions }) => suggestions.mine?.text)).toEqual(['ab', 'ab']);
  });

  it('CMP-25: an equal question may be answered after its end', async () => {
    const { provider } = await opened('ann', 'x');
    const window = (await at.opened('ann')).provider;
    const { model } = await ask(provider);
    model.delta('ab');
    await at.server.settle();
    at.server.ai.answerNextWith = model;
    const late = window.complete();
    const answers = await holdAnswers(() => at.connectionOf(at.clients[1]!).deliverToServer());
    model.done();
    await at.server.settle();
    for (const answer of answers) answer();
    await at.server.settle();
    expect(late.status).toBe('complete');
    expect((await late.done).texts).toEqual(['ab']);
    expect(window.suggestions.mine?.text).toBe('ab');
  });

  it('says why there is nothing', async () => {
    const { client, provider } = await opened('ann', 'x');
    const heard: string[] = [];
    client.on('ai-unavailable', ({ reason }) => heard.push(reason));
    const { stream, model } = await ask(provider);
    model.unavailable('rate_limited', 5_000);
    model.done('failed', []);
    await at.server.settle();
    expect(await stream.done).toMatchObject({ outcome: 'failed', unavailable: { retryAt: 5_000 } });
    expect(heard).toEqual(['rate_limited']);
  });

  it('rejects with the refusal, also of a server that knows nothing of it', async () => {
    const { provider } = await opened('ann', 'x');
    at.server.refuseNext('completion:start', { code: 'unknown_message' });
    const { stream } = await ask(provider);
    await expect(stream.done).rejects.toMatchObject({ code: 'unknown_message' });
    expect(listen(stream)).toEqual([]);
    await at.server.settle();
    provider.text.insert(0, 'still ');
    await at.server.settle();
    expect(at.document.text).toBe('still x');
  });

  it('rejects without a connection, and when no answer comes', async () => {
    const { client, provider } = await opened('ann', 'x');
    const asked = provider.complete();
    await Promise.resolve();
    at.connectionOf(client).discardToServer();
    at.clock.advance(30_000);
    await expect(asked.done).rejects.toMatchObject({ code: 'unreachable' });
    at.cutAll();
    await expect(provider.complete().done).rejects.toMatchObject({ code: 'unreachable' });
    expect(() => provider.complete({ index: 2 })).toThrow(RangeError);
  });

  it('asks on a state that holds the edits of this tick', async () => {
    const { client, provider } = await opened('ann');
    provider.text.insert(0, 'fo');
    provider.complete();
    await Promise.resolve();
    await Promise.resolve();
    const connection = at.connectionOf(client);
    while (connection.deliverToServer());
    const events = at.server.requests.map(({ event }) => event);
    expect(events.indexOf('document:update')).toBeLessThan(events.indexOf('completion:start'));
    expect(events).toContain('completion:start');
  });
});

describe('giving up', () => {
  const cancelled = () => at.asked('completion:cancel').map(({ completionId }) => completionId);

  it('CMP-26: abort and cancel end the loop at once and tell the server', async () => {
    const { provider } = await opened('ann', 'x');
    const abort = new AbortController();
    const { stream, model } = await ask(provider, { signal: abort.signal });
    const seen = listen(stream);
    model.delta('a');
    await at.server.settle();
    abort.abort();
    stream.cancel();
    await Promise.resolve();
    expect(stream.status).toBe('cancelled');
    expect(provider.suggestions.list).toEqual([]);
    model.delta('b');
    await at.server.settle();
    expect(seen).toEqual(['a', '(end)']);
    expect(cancelled()).toEqual([model.completionId]);
    expect(await stream.done).toMatchObject({ outcome: 'cancelled', usage: { completionTokens: 2, estimated: false } });
  });

  it('CMP-26: before anything was sent, nothing is sent; before the answer, it follows the answer', async () => {
    const { provider } = await opened('ann', 'x');
    const aborted = provider.complete({ signal: AbortSignal.abort() });
    expect((await aborted.done).outcome).toBe('cancelled');
    expect(at.asked('completion:start')).toEqual([]);
    const early = provider.complete();
    await Promise.resolve();
    early.cancel();
    await at.server.settle();
    expect(cancelled()).toEqual([at.server.ai.completions[0]!.completionId]);
    expect((await early.done).outcome).toBe('cancelled');
  });

  it('CMP-26: a question that is asked again before its answer goes on', async () => {
    const { provider } = await opened('ann', 'x');
    const first = provider.complete();
    await Promise.resolve();
    at.server.connections[0]!.deliverToServer();
    const model = at.server.ai.completions[0]!;
    at.server.ai.answerNextWith = model;
    const second = provider.complete();
    await at.server.settle();
    model.delta('abc');
    await at.server.settle();
    expect([first.status, second.status]).toEqual(['cancelled', 'streaming']);
    expect((await first.done).outcome).toBe('cancelled');
    expect(cancelled()).toEqual([]);
    expect(provider.suggestions.mine?.text).toBe('abc');
  });

  it('CMP-26: a newer request cancels the older, and what was shown of that counts as ignored', async () => {
    const { provider } = await opened('ann', 'x');
    const first = await ask(provider);
    first.model.delta('abc');
    await at.server.settle();
    const second = await ask(provider);
    second.model.delta('def');
    await at.server.settle();
    expect(cancelled()).toEqual([first.model.completionId]);
    expect(first.model.resolved).toMatchObject({ outcome: 'ignored' });
    expect((await first.stream.done).outcome).toBe('cancelled');
    expect(provider.suggestions.list).toMatchObject([{ text: 'def' }]);
  });

  it('CMP-26: closing the document cancels, on a connection that stays', async () => {
    const { client, provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    const late = provider;
    await late.destroy();
    await at.server.settle();
    expect(cancelled()).toEqual([model.completionId]);
    expect((await stream.done).outcome).toBe('cancelled');
    const again = client.openDocument(DOCUMENT);
    await at.server.settle();
    const asked = again.complete();
    await Promise.resolve();
    await again.destroy();
    await at.server.settle();
    expect((await asked.done).outcome).toBe('cancelled');
    expect(cancelled()).toEqual([model.completionId, at.server.ai.completions[1]!.completionId]);
  });

  it('CMP-26: what was given up without a connection is told on the next one', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    model.delta('abc');
    await at.server.settle();
    at.cutAll();
    stream.cancel();
    expect((await stream.done).outcome).toBe('cancelled');
    const shown: number[] = [];
    provider.suggestions.on('change', ({ length }) => shown.push(length));
    at.clock.advance(3_000);
    await at.server.settle();
    // The server told of it once more, in the answer to the open.
    expect(shown).toEqual([]);
    expect(cancelled()).toEqual([model.completionId]);
    expect(at.asked('completion:resume')).toEqual([]);
    expect(at.asked('completion:resolve')).toHaveLength(1);
    expect(provider.suggestions.list).toEqual([]);
  });

  it('CMP-26: one that the server does not know any more is over all the same', async () => {
    const { provider } = await opened('ann', 'x');
    const { stream } = await ask(provider);
    at.server.refuseNext('completion:cancel', { code: 'not_found' });
    stream.cancel();
    await at.server.settle();
    expect(await stream.done).toMatchObject({ outcome: 'cancelled', usage: { estimated: true } });
  });

  it('CMP-26: a document that the server closes ends its streams', async () => {
    const { client, provider } = await opened('ann', 'x');
    const { stream, model } = await ask(provider);
    model.delta('abc');
    await at.server.settle();
    at.connectionOf(client).tell('document:status', { documentId: DOCUMENT, state: 'closed' });
    await at.server.settle();
    expect((await stream.done).outcome).toBe('failed');
    expect(provider.suggestions.list).toEqual([]);
  });
});
