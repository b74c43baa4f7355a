import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AiQueue } from '../../../src/core/ai/ai-queue.js';
import { AiRequests } from '../../../src/core/ai/ai-requests.js';
import { eventually } from '../../../src/testing/eventually.js';
import type { ModelScript } from '../../../src/testing/fake-model-server.js';
import { accepted } from '../../support/plain-client.js';
import type { PlainEditor } from '../../support/plain-editor.js';
import { ask, isDone } from '../support/ai-world.js';
import { FaultWorld } from './support/fault-world.js';
import { words } from './support/lanes.js';
import { brokenRules, toldOf } from './support/stream-rules.js';

/** A door that opens once. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What happens while the record's answer to a worker is on its way. */
describe('between the record and a worker', () => {
  let world: FaultWorld;
  let requests: AiRequests;
  let editor: PlainEditor;
  beforeAll(async () => {
    world = await FaultWorld.start();
    requests = world.sync.server.app.get(AiRequests, { strict: false });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await world.sync.hangUp();
  });
  afterAll(() => world?.stop());

  /** Holds the answer to the `nth` claim back until the gate opens. */
  function holdClaim(nth: number): { readonly claimed: Promise<void>; release(): void } {
    const [claimed, release] = [gate(), gate()];
    const claim = requests.claim.bind(requests);
    let calls = 0;
    jest.spyOn(requests, 'claim').mockImplementation(async (...about) => {
      const answer = await claim(...about);
      if (++calls === nth) {
        claimed.open();
        await release.opened;
      }
      return answer;
    });
    return { claimed: claimed.opened, release: release.open };
  }

  async function begin(): Promise<string> {
    const ada = await world.sync.person('Ada');
    const { documentId } = await world.sync.share(ada, [], { text: 'const total = ' });
    editor = await world.open(ada, documentId);
    world.model.requests.length = 0;
    return ask(editor);
  }

  /** Resolves when no worker has anything to do. */
  function isIdle(): Promise<void> {
    const queue = world.sync.server.app.get(AiQueue, { strict: false });
    return eventually('the workers are idle', async () => {
      const { waiting, active } = await queue.depth('completion');
      return waiting + active === 0;
    });
  }

  it('F30 CMP-6: a request that is cancelled while it is taken up never reaches the model', async () => {
    world.model.onRequest = () => ({ tokens: words(8), isEndless: true, tokensPerSecond: 20 });
    const { claimed, release } = holdClaim(1);
    const id = await begin();
    await claimed;
    await accepted(editor.client.ask('completion:cancel', { completionId: id }));
    release();
    await isIdle();
    expect(world.model.requests).toHaveLength(0);
    expect(brokenRules(toldOf(editor.client, id), 'asker')).toEqual([]);
  });

  it('F30 CMP-6: one that is cancelled while it begins anew is not asked of the model again', async () => {
    world.model.onRequest = () =>
      world.model.requests.length === 1
        ? { tokens: words(8), resetAfter: 3 }
        : { tokens: words(8), isEndless: true, tokensPerSecond: 20 };
    const { claimed, release } = holdClaim(2);
    const id = await begin();
    await claimed;
    await accepted(editor.client.ask('completion:cancel', { completionId: id }));
    release();
    await isIdle();
    expect(world.model.requests).toHaveLength(1);
    expect(brokenRules(toldOf(editor.client, id), 'asker')).toEqual([]);
  });

  it('F29 CMP-7: a sign of life of the broken attempt does not end the next one', async () => {
    const script: { -readonly [K in keyof ModelScript]: ModelScript[K] } = {
      tokens: words(8),
      isEndless: true,
      tokensPerSecond: 20,
    };
    world.model.onRequest = () =>
      world.model.requests.length === 1 ? script : { tokens: words(20, 'new'), tokensPerSecond: 20 };
    const keepAlive = requests.keepAlive.bind(requests);
    const [held, release] = [gate(), gate()];
    const id = await begin();
    jest.spyOn(requests, 'keepAlive').mockImplementation(async (claims) => {
      if (claims.some((claim) => claim.id === id && claim.attempt === 1)) {
        held.open();
        await release.opened;
      }
      return keepAlive(claims);
    });
    await held.opened;
    script.resetAfter = editor.client.told('completion:delta').length + 10;
    await editor.client.hears('completion:restarted');
    await editor.client.hears('completion:delta', ({ attempt }) => attempt === 2);
    release.open();
    expect(await isDone(editor.client, id)).toMatchObject({ outcome: 'complete', text: words(20, 'new').join('') });
    expect(editor.client.told('completion:restarted')).toMatchObject([{ attempt: 2 }]);
    expect(brokenRules(toldOf(editor.client, id), 'asker')).toEqual([]);
  });
});
