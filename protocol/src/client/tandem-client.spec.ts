import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DOCUMENT, Harness, PROJECT } from '../../test/harness.js';
import { MemoryOutbox, TandemClient, TandemError } from './index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

/** A client with a token source that counts. */
const withTokens = (token: (options: { fresh: boolean }) => Promise<string>, random = () => 0.5) => {
  const { dial } = at.server;
  const client = new TandemClient({ url: 'fake:', token, outbox: new MemoryOutbox(), random, dial, clock: at.clock });
  at.clients.push(client);
  return client;
};

describe('reconnecting', () => {
  it('CON-4: waits by full jitter up to 2.5 s and fetches a token for every attempt', async () => {
    let fetched = 0;
    const client = withTokens(
      async () => {
        fetched += 1;
        return 'ann';
      },
      () => 0.999,
    );
    for (let i = 0; i < 7; i++) at.server.refuseNext('connect', { code: 'internal' });
    at.connect(client);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt++) {
      await at.server.settle();
      expect(fetched).toBe(attempt);
      expect(client.status).toBe('offline');
      const started = at.clock.now();
      while (at.server.dials.length === attempt) {
        at.clock.advance(10);
        await Promise.resolve();
        await Promise.resolve();
      }
      waits.push(at.clock.now() - started);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2500, 2500]);
    await at.server.settle();
    expect(client.status).toBe('online');
  });

  it('CON-4: does not come before the server allows', async () => {
    at.server.refuseNext('connect', { code: 'too_many_connections', retryAfterMs: 9_000 });
    const client = at.client('ann');
    at.connect(client);
    await at.server.settle();
    at.clock.advance(8_999);
    await at.server.settle();
    expect(client.status).toBe('offline');
    at.clock.advance(1);
    await at.server.settle();
    expect(client.status).toBe('online');
  });

  it('CON-4: gives an attempt up that is never greeted', async () => {
    const client = at.client('ann');
    at.connect(client);
    await Promise.resolve();
    await Promise.resolve();
    at.clock.advance(10_000);
    at.clock.advance(100);
    await at.server.settle();
    expect(at.server.dials.length).toBe(2);
    expect(client.status).toBe('online');
  });

  it('CON-5: a refusal for good ends it', async () => {
    at.server.refuseNext('connect', { code: 'invalid_token' });
    const client = at.client('ann');
    const connected = client.connect();
    connected.catch(() => {});
    await at.server.settle();
    await expect(connected).rejects.toMatchObject({ code: 'invalid_token', retry: 'never' });
    expect(client.status).toBe('closed');
    expect(client.lastError?.code).toBe('invalid_token');
    at.clock.advance(60_000);
    await at.server.settle();
    expect(at.server.dials).toHaveLength(1);
  });

  it('CON-5: an expired token is fetched afresh', async () => {
    const asked: boolean[] = [];
    const client = withTokens(async ({ fresh }) => {
      asked.push(fresh);
      return 'ann';
    });
    at.server.refuseNext('connect', { code: 'token_expired' });
    at.connect(client);
    await at.server.settle();
    at.clock.advance(3_000);
    await at.server.settle();
    expect(asked).toEqual([false, true]);
    expect(client.status).toBe('online');
  });

  it('CON-5: a token that is unknown at the door is fetched afresh once', async () => {
    const asked: boolean[] = [];
    const client = withTokens(async ({ fresh }) => {
      asked.push(fresh);
      return 'ann';
    });
    at.server.refuseNext('connect', { code: 'invalid_token' });
    at.connect(client);
    await at.server.settle();
    at.clock.advance(3_000);
    await at.server.settle();
    expect(asked).toEqual([false, true]);
    expect(client.status).toBe('online');
    await client.close();

    const refused = withTokens(async () => 'ann');
    at.connect(refused);
    for (let refusals = 0; refusals < 2; refusals++) {
      at.server.refuseNext('connect', { code: 'invalid_token' });
      await at.server.settle();
      at.clock.advance(3_000);
    }
    await at.server.settle();
    expect(refused.status).toBe('closed');
  });

  it('CON-5: a fixed token that has expired is final', async () => {
    at.server.refuseNext('connect', { code: 'token_expired' });
    const client = at.client('ann');
    at.connect(client);
    await at.server.settle();
    expect(client.status).toBe('closed');
  });

  it('CON-5: a token that cannot be fetched is tried again, one that is refused is not', async () => {
    const failures = [new TypeError('fetch failed'), new TandemError('unauthorized')];
    const client = withTokens(() => Promise.reject(failures.shift()));
    at.connect(client);
    await at.server.settle();
    expect(client.status).toBe('offline');
    at.clock.advance(3_000);
    await at.server.settle();
    expect(client.status).toBe('closed');
    expect(client.lastError?.code).toBe('unauthorized');
  });

  it('CON-10: leaves a draining server and comes back in the second half of its delay', async () => {
    const { client } = await at.opened('ann');
    at.connectionOf(client).tell('server:drain', { reconnectAfterMs: 2_000 });
    await at.server.settle();
    at.clock.advance(1_499);
    await at.server.settle();
    expect(client.status).toBe('online');
    at.clock.advance(200);
    await at.server.settle();
    expect(at.server.dials).toHaveLength(2);
    expect(client.status).toBe('online');
  });

  it('CON-10: a drained server that closes first is not asked again before its delay', async () => {
    const { client } = await at.opened('ann');
    at.connectionOf(client).tell('server:drain', { reconnectAfterMs: 2_000 });
    await at.server.settle();
    at.cutAll();
    at.clock.advance(1_400);
    await at.server.settle();
    expect(at.server.dials).toHaveLength(1);
    at.clock.advance(200);
    await at.server.settle();
    expect(client.status).toBe('online');
  });

  it('CON-11: ignores events that it does not know', async () => {
    const { client } = await at.opened('ann');
    at.connectionOf(client).tell('weather:changed', { documentId: DOCUMENT, sun: true });
    at.connectionOf(client).tell('weather:changed', { sun: true });
    await at.server.settle();
    expect(client.status).toBe('online');
  });
});

describe('the session', () => {
  it('SES-2: renews in place with a fresh token', async () => {
    let fetched = 0;
    const client = withTokens(async () => {
      fetched += 1;
      return fetched === 1 ? 'ann' : `token-${fetched}`;
    });
    const heard: unknown[] = [];
    client.on('session-expiring', (event) => heard.push(event));
    at.connect(client);
    await at.server.settle();
    at.server.connections[0]!.tell('session:expiring', { expiresAt: 5 });
    await at.server.settle();
    expect(heard).toEqual([{ expiresAt: 5 }]);
    expect(at.asked('session:renew')).toEqual([{ token: 'token-2' }]);
    expect(at.server.dials).toHaveLength(1);
  });

  it.each([
    ['invalid_token', 'closed'],
    ['token_expired', 'online'],
    ['a_code_of_later', 'online'],
  ] as const)('SES-5: after session:closed with %s it is %s', async (code, status) => {
    const client = withTokens(async () => 'ann');
    at.connect(client);
    await at.server.settle();
    at.server.connections[0]!.tell('session:closed', { code, message: 'why' });
    await at.server.settle();
    at.clock.advance(3_000);
    await at.server.settle();
    expect(client.status).toBe(status);
    expect(client.lastError?.message).toBe(status === 'closed' ? 'why' : undefined);
  });

  it('SES-6: ends when somebody else is signed in, and delivers nothing under that user', async () => {
    const users = ['ann', 'bea'];
    const client = withTokens(async () => users.shift()!);
    at.connect(client);
    const provider = client.openDocument(DOCUMENT);
    await at.server.settle();
    at.cutAll();
    provider.text.insert(0, "ann's");
    at.clock.advance(3_000);
    await at.server.settle();
    expect(client.status).toBe('closed');
    expect(client.lastError?.code).toBe('unauthorized');
    expect(provider.pending).toBe(1);
    expect(at.document.text).toBe('');
  });
});

it('SES-8: after session:closed with retryAfterMs it comes back then, and not before', async () => {
  const client = at.client('ann');
  at.connect(client);
  await at.server.settle();
  at.server.connections[0]!.tell('session:closed', { code: 'rate_limited', message: 'Too fast', retryAfterMs: 12_000 });
  await at.server.settle();
  expect(client.lastError).toMatchObject({ code: 'rate_limited', retryAfterMs: 12_000 });
  at.clock.advance(11_999);
  await at.server.settle();
  expect(client.status).toBe('offline');
  at.clock.advance(1);
  await at.server.settle();
  expect(client.status).toBe('online');
});

describe('projects', () => {
  it('PRJ-4: opens its projects again and tells what they are now', async () => {
    const client = at.client('ann');
    const seen: unknown[] = [];
    client.on('project-opened', (event) => seen.push(event));
    const opened = client.openProject(PROJECT);
    at.connect(client);
    await at.server.settle();
    await expect(opened).resolves.toEqual({ role: 'editor', documents: [] });
    await at.reconnect();
    expect(seen).toEqual([
      { projectId: PROJECT, role: 'editor', documents: [] },
      { projectId: PROJECT, role: 'editor', documents: [] },
    ]);
    await Promise.all([client.closeProject(PROJECT), at.server.settle()]);
    await at.reconnect();
    expect(seen).toHaveLength(2);
  });

  it('PRJ-4: hands project events on', async () => {
    const { client } = await at.opened('ann');
    const heard: unknown[] = [];
    client.on('project', (event) => heard.push(event));
    const event = { projectId: PROJECT, type: 'project.deleted' };
    at.connectionOf(client).tell('project:event', event);
    await at.server.settle();
    expect(heard).toEqual([event]);
  });

  it('LIM-9: a project that is to be opened later is asked for again, not before the server allows', async () => {
    at.server.refuseNext('project:open', { code: 'rate_limited', retryAfterMs: 700 });
    const { client } = await at.opened('ann');
    const opened = client.openProject(PROJECT);
    await at.server.settle();
    at.clock.advance(699);
    await at.server.settle();
    expect(at.asked('project:open')).toHaveLength(1);
    at.clock.advance(1);
    await at.server.settle();
    await expect(opened).resolves.toEqual({ role: 'editor', documents: [] });
    expect(at.asked('project:open')).toHaveLength(2);
  });

  it('LIM-9: a project that was closed meanwhile is not asked for again', async () => {
    at.server.refuseNext('project:open', { code: 'overloaded', retryAfterMs: 700 });
    const { client } = await at.opened('ann');
    const opened = expect(client.openProject(PROJECT)).rejects.toMatchObject({ code: 'unreachable' });
    await at.server.settle();
    await Promise.all([client.closeProject(PROJECT), at.server.settle(), opened]);
    at.clock.advance(10_000);
    await at.server.settle();
    expect(at.asked('project:open')).toHaveLength(1);
  });

  it('PRJ-4: a project that is refused is not asked for again', async () => {
    at.server.refuseNext('project:open', { code: 'not_found' });
    const client = at.client('ann');
    const opened = client.openProject(PROJECT);
    at.connect(client);
    await Promise.all([expect(opened).rejects.toMatchObject({ code: 'not_found' }), at.server.settle()]);
    await at.reconnect();
    expect(at.asked('project:open')).toHaveLength(1);
  });
});

describe('requests', () => {
  it('ERR-3: an error of a later version is handled by its retry', async () => {
    const { client, provider } = await at.opened('ann');
    const error = { code: 'code_of_later', message: 'Not today', retry: 'later', retryAfterMs: 300 };
    at.server.refuseNext('document:update', { code: 'internal' });
    const { refusal } = at.server;
    at.server.refusal = () => ({ ok: false, error });
    provider.text.insert(0, 'a');
    await at.server.settle();
    at.server.refusal = refusal;
    expect(provider.error).toMatchObject({ code: 'internal', message: 'Not today', retry: 'later' });
    at.clock.advance(300);
    await at.server.settle();
    expect(at.document.text).toBe('a');
    expect(client.status).toBe('online');
  });

  it('CON-12: a request fails at once without a connection, and when it is lost', async () => {
    const { client } = await at.opened('ann');
    const asked = client.request('project:open', { projectId: PROJECT });
    const seen = expect(asked).rejects.toMatchObject({ code: 'unreachable' });
    at.cutAll();
    await seen;
    await expect(client.request('project:open', { projectId: PROJECT })).rejects.toMatchObject({ code: 'unreachable' });
    at.clock.advance(3_000);
    await at.server.settle();
    expect(at.asked('project:open')).toHaveLength(1);
  });

  it('rejects with the refusal, and with `unreachable` when no answer comes in time', async () => {
    const { client } = await at.opened('ann');
    at.server.refuseNext('project:open', { code: 'not_found' });
    const refused = expect(client.request('project:open', { projectId: PROJECT })).rejects.toBeInstanceOf(TandemError);
    await Promise.all([refused, at.server.settle()]);
    const late = expect(
      client.request('project:open', { projectId: PROJECT }, { timeoutMs: 50 }),
    ).rejects.toMatchObject({
      code: 'unreachable',
    });
    at.clock.advance(50);
    await late;
  });

  describe('the AI half of a project', () => {
    const online = async () => {
      const client = at.client('ann');
      at.connect(client);
      await at.server.settle();
      return { client, connection: at.connectionOf(client) };
    };
    const progress = (runId: string, done: number, state: string) => ({
      runId,
      projectId: PROJECT,
      done,
      total: 4,
      state,
    });

    it('ANA-10: is told of documents that are not open, too', async () => {
      const { client, connection } = await online();
      const heard: unknown[] = [];
      for (const name of ['analysis', 'ai-unavailable', 'completion-started', 'completion-closed'] as const) {
        client.on(name, (body) => heard.push([name, body]));
      }
      const body = { documentId: DOCUMENT, completionId: 'c' };
      for (const name of ['analysis:result', 'ai:unavailable', 'completion:started', 'completion:closed']) {
        connection.tell(name, body);
      }
      await at.server.settle();
      expect(heard).toEqual([
        ['analysis', body],
        ['ai-unavailable', body],
        ['completion-started', body],
        ['completion-closed', body],
      ]);
    });

    it('follows a run to its end', async () => {
      const { client, connection } = await online();
      const asked = client.analyze({ projectId: PROJECT });
      await at.server.settle();
      const run = await asked;
      expect(at.asked('analysis:start')).toEqual([{ projectId: PROJECT }]);
      const heard: unknown[] = [];
      run.on('progress', ({ done, total, state }) => heard.push([done, total, state]));
      connection.tell('analysis:progress', progress(run.runId, 2, 'running'));
      connection.tell('analysis:progress', progress('another', 4, 'failed'));
      connection.tell('analysis:progress', progress(run.runId, 4, 'complete'));
      connection.tell('analysis:progress', progress(run.runId, 1, 'running'));
      await at.server.settle();
      expect(heard).toEqual([
        [2, 4, 'running'],
        [4, 4, 'complete'],
      ]);
      await expect(run.finished).resolves.toBe('complete');
    });

    it('hears of progress that comes before the answer, and with it', async () => {
      const { client, connection } = await online();
      const asked = client.analyze({ documentId: DOCUMENT });
      const { receive } = at.server;
      at.server.receive = (from, event, body, answer) => {
        receive.call(at.server, from, event, body, (value) => {
          const [runId] = at.server.ai.runs;
          connection.tell('analysis:progress', progress(runId!, 1, 'running'));
          answer(value);
          connection.tell('analysis:progress', progress(runId!, 4, 'cancelled'));
        });
      };
      await at.server.settle();
      const run = await asked;
      expect([run.done, run.state]).toEqual([4, 'cancelled']);
      await expect(run.finished).resolves.toBe('cancelled');
    });

    it('rejects what could not be asked, and gives up what cannot be heard of any more', async () => {
      const { client } = await online();
      at.server.refuseNext('analysis:start', { code: 'unknown_message' });
      const refused = client.analyze({ documentId: DOCUMENT });
      refused.catch(() => {});
      await at.server.settle();
      await expect(refused).rejects.toMatchObject({ code: 'unknown_message' });
      const started = client.analyze({ documentId: DOCUMENT });
      await at.server.settle();
      const unanswered = client.analyze({ documentId: DOCUMENT });
      at.cutAll();
      await expect(unanswered).rejects.toMatchObject({ code: 'unreachable' });
      await expect((await started).finished).resolves.toBe('failed');
      await expect(client.analyze({ documentId: DOCUMENT })).rejects.toMatchObject({ code: 'unreachable' });
    });
  });

  it('shows the refusal of what was sent without an ack', async () => {
    const { client } = await at.opened('ann');
    const heard: TandemError[] = [];
    client.on('error', (error) => heard.push(error));
    const error = { code: 'too_large', message: 'Too large', retry: 'never' };
    at.connectionOf(client).tell('server:error', { event: 'awareness:update', documentId: DOCUMENT, error });
    await at.server.settle();
    expect(heard).toEqual([expect.objectContaining({ code: 'too_large' })]);
  });
});
