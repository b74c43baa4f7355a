import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Harness } from '../../../test/harness.js';
import { MemoryOutbox } from '../index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

describe('a client id that belongs to somebody else', () => {
  it('DOC-33: a document without edits takes a new one', async () => {
    at.server.refuseNext('document:open', { code: 'not_your_client_id' });
    const { provider } = await at.opened('ann');
    expect(provider.status).toBe('open');
    provider.text.insert(0, 'mine');
    await at.server.settle();
    expect(at.document.text).toBe('mine');
    expect(provider.kept).toEqual([]);
  });

  it('DOC-33: what was written under it is nobody’s, and stays with its author', async () => {
    at.server.refuseNext('document:open', { code: 'not_your_client_id' });
    const client = at.client('ann');
    const provider = client.openDocument(at.document.id);
    provider.text.insert(0, 'nobody’s');
    at.connect(client);
    await at.server.settle();
    expect(provider.status).toBe('open');
    expect(provider.kept).toEqual([expect.objectContaining({ text: 'nobody’s', reason: 'not_your_client_id' })]);
    expect(at.document.text).toBe('');
  });
});

it('DOC-37: what an earlier tab left behind of a document that was reset meanwhile is kept, though nobody can show it', async () => {
  const outbox = new MemoryOutbox();
  const first = await at.opened('ann', outbox);
  first.provider.text.insert(0, 'stored ');
  await at.server.settle();
  at.cutAll();
  first.provider.text.insert(7, 'left behind');
  await first.client.close();
  at.document.restore(0, false);
  const { provider } = await at.opened('ann', outbox);
  expect(provider.status).toBe('open');
  expect(provider.saved).toBe(true);
  expect(provider.kept.map(({ text }) => text)).toEqual(['left behind']);
});
