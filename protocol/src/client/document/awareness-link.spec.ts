import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DOCUMENT, Harness } from '../../../test/harness.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

const others = (provider: { awareness: { getStates(): Map<number, object>; clientID: number } }) =>
  [...provider.awareness.getStates()].filter(([id]) => id !== provider.awareness.clientID).map(([, state]) => state);

/** Long enough for what is throttled. */
const pass = () => {
  at.clock.advance(50);
  return at.server.settle();
};

it('AWR-5: is seen again by others after a reconnect, though nothing in its state changed', async () => {
  const ann = await at.opened('ann');
  const bea = await at.opened('bea');
  ann.provider.awareness.setLocalState({ name: 'ann' });
  await pass();
  expect(others(bea.provider)).toEqual([{ name: 'ann' }]);
  at.connectionOf(ann.client).cut();
  await at.server.settle();
  expect(others(bea.provider)).toEqual([]);
  at.clock.advance(3_000);
  await at.server.settle();
  expect(others(bea.provider)).toEqual([{ name: 'ann' }]);
});

it('AWR-5: sees the others again after a reconnect, though their clocks did not move', async () => {
  const ann = await at.opened('ann');
  const bea = await at.opened('bea');
  bea.provider.awareness.setLocalState({ name: 'bea' });
  await pass();
  at.connectionOf(ann.client).cut();
  expect(others(ann.provider)).toEqual([]);
  at.clock.advance(3_000);
  await at.server.settle();
  expect(others(ann.provider)).toEqual([{ name: 'bea' }]);
});

it('AWR-6: sends the first state at once, then the latest of 50 ms', async () => {
  const { provider } = await at.opened('ann');
  at.clock.advance(1_000);
  await at.server.settle();
  const before = at.asked('awareness:update').length;
  for (let cursor = 0; cursor < 20; cursor++) provider.awareness.setLocalState({ cursor });
  await at.server.settle();
  expect(at.asked('awareness:update')).toHaveLength(before + 1);
  at.clock.advance(50);
  await at.server.settle();
  expect(at.asked('awareness:update')).toHaveLength(before + 2);
  const bea = await at.opened('bea');
  expect(others(bea.provider)).toEqual([{ cursor: 19 }]);
});

it('AWR-7: a lost connection shows nobody else, and a destroyed document leaves at once', async () => {
  const ann = await at.opened('ann');
  const bea = await at.opened('bea');
  for (const { provider } of [ann, bea]) provider.awareness.setLocalState({ here: true });
  await pass();
  expect(others(bea.provider)).toHaveLength(1);
  await ann.provider.destroy();
  await at.server.settle();
  expect(others(bea.provider)).toEqual([]);
  at.cutAll();
  expect(bea.provider.awareness.getLocalState()).toEqual({ here: true });
});

it('AWR-7: without awareness nothing is sent and nobody shown', async () => {
  const ann = await at.opened('ann');
  ann.provider.awareness.setLocalState({ here: true });
  await pass();
  const client = at.client('bea');
  at.connect(client);
  await at.server.settle();
  const silent = client.openDocument(DOCUMENT, { awareness: false });
  await at.server.settle();
  const sent = at.asked('awareness:update').length;
  silent.awareness.setLocalState({ here: true });
  at.clock.advance(1_000);
  await at.server.settle();
  expect(at.asked('awareness:update')).toHaveLength(sent);
  expect(others(silent)).toEqual([]);
});
