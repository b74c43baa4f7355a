import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AiGateway } from '../../../src/features/ai/ai-gateway.js';
import { eventually } from '../../../src/testing/eventually.js';
import { accepted } from '../../support/plain-client.js';
import { PlainEditor } from '../../support/plain-editor.js';
import { ask, isDone } from '../support/ai-world.js';
import { FaultWorld } from './support/fault-world.js';
import { brokenRules, toldOf } from './support/stream-rules.js';

describe('a suggestion that the server has forgotten', () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await FaultWorld.start();
  });
  afterAll(() => world?.stop());

  it('CMP-4 CMP-8 CMP-11: is told to who asks for it again, and not once more to everybody', async () => {
    const { sync } = world;
    const [ada, bob] = [await sync.person('Ada'), await sync.person('Bob')];
    const { documentId } = await sync.share(ada, [[bob, 'editor']], { text: 'const total = ' });
    const editor = await world.open(ada, documentId);
    const other = await world.open(bob, documentId);
    const id = await ask(editor);
    await isDone(editor.client, id);
    const resolve = { completionId: id, outcome: 'accepted', acceptedLength: 2, alternative: 0 } as const;
    await accepted(editor.client.ask('completion:resolve', resolve));
    await other.client.hears('completion:closed');
    // The last one goes, and with them what the server knew by heart.
    await Promise.all([editor, other].map(({ client }) => accepted(client.ask('document:close', { documentId }))));
    const { live } = sync.server.app.get(AiGateway, { strict: false }) as unknown as {
      live: { entries: Map<string, unknown> };
    };
    live.entries.clear();
    for (const { client } of [other, editor]) await PlainEditor.open(client, documentId);
    const before = toldOf(other.client, id).length;
    await accepted(editor.client.ask('completion:resume', { completionId: id, attempt: 1, index: 0 }));
    await eventually(
      'the asker is told the end again',
      () => toldOf(editor.client, id).filter(({ name }) => name === 'completion:done').length > 1,
    );
    // An answer later: what was sent to the other before has arrived.
    await accepted(other.client.ask('document:close', { documentId }));
    expect(
      toldOf(other.client, id)
        .slice(before)
        .map(({ name }) => name),
    ).toEqual([]);
    expect(brokenRules(toldOf(other.client, id), 'other')).toEqual([]);
  });
});
