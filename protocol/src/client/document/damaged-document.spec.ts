import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { DOCUMENT, Harness } from '../../../test/harness.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

/** Each word is one stored update. */
async function typed(words: readonly string[]) {
  const ann = await at.opened('ann');
  for (const word of words) {
    ann.provider.text.insert(ann.provider.text.length, word);
    await at.server.settle();
  }
  return ann;
}

const updatesOf = () => at.asked('document:update');
const opens = () => at.asked('document:open');

describe('a document of which the server has lost stored edits', () => {
  it('DOC-44: brings its own edits back, though each was acknowledged', async () => {
    const { provider } = await typed(['one ', 'two ', 'three']);
    expect(provider.saved).toBe(true);
    at.document.lose(2);
    expect(at.document.text).toBe('one ');
    await at.reconnect();
    expect(updatesOf().at(-1)).toMatchObject({ resync: true });
    expect(at.document.text).toBe('one two three');
    expect(provider.kept).toEqual([]);
  });

  it('DOC-44: brings deletes back, of which the state vector does not tell (M13)', async () => {
    const { provider } = await typed(['hello world']);
    provider.text.delete(0, 6);
    await at.server.settle();
    at.document.lose(2);
    expect(at.document.text).toBe('hello world');
    await at.reconnect();
    expect(at.document.text).toBe('world');
  });

  it('DOC-44: brings back what an earlier session of the same user wrote', async () => {
    const ann = await typed(['earlier']);
    const again = await at.opened('ann');
    await ann.client.close();
    at.document.lose(1);
    expect(at.document.text).toBe('');
    at.cutAll();
    at.clock.advance(3_000);
    await at.server.settle();
    expect(again.provider.doc.clientID).not.toBe(ann.provider.doc.clientID);
    expect(at.document.text).toBe('earlier');
  });

  it('DOC-44: brings nothing of other people', async () => {
    const ann = await typed(['of ann']);
    const bea = await at.opened('bea');
    await ann.client.close();
    at.document.lose(1);
    at.connectionOf(bea.client).cut();
    at.clock.advance(3_000);
    await at.server.settle();
    const sent = updatesOf().at(-1)!.update as Uint8Array;
    expect([...Y.parseUpdateMeta(sent).from.keys()]).toEqual([]);
    expect(at.document.text).toBe('');
    expect(bea.provider.status).toBe('open');
  });

  it('DOC-44: tries again while others have to be first, keeps what is typed, and freezes nothing', async () => {
    const { provider } = await typed(['one ', 'two']);
    at.document.lose(1);
    const details = { stateVector: Y.encodeStateVector(at.document.committed), seq: at.document.seq };
    for (let i = 0; i < 5; i++) at.server.refuseNext('document:update', { code: 'gap_resync', details });
    await at.reconnect();
    provider.text.insert(0, 'zero ');
    for (let i = 0; i < 6; i++) {
      at.clock.advance(6_000);
      await at.server.settle();
    }
    expect(at.document.text).toBe('zero one two');
    expect(provider).toMatchObject({ kept: [], saved: true, status: 'open' });
  });

  it('DOC-44: gives up to bring back what is refused for good, and goes on', async () => {
    const { provider } = await typed(['one ', 'two']);
    at.document.lose(2);
    for (let i = 0; i < 6; i++) at.server.refuseNext('document:update', { code: 'doc_full' });
    await at.reconnect();
    for (let i = 0; i < 8; i++) {
      at.clock.advance(6_000);
      await at.server.settle();
    }
    expect(updatesOf().filter(({ resync }) => resync)).toHaveLength(6);
    expect(provider).toMatchObject({ kept: [], status: 'open' });
    expect(provider.text.toString()).toBe('one two');
  });

  it('DOC-44: tells the seq of before until the document is whole again', async () => {
    await typed(['one ', 'two ', 'three']);
    at.document.lose(2);
    await at.reconnect();
    expect(at.document.seq).toBe(4);
    await at.reconnect();
    at.document.isDamaged = false;
    await at.reconnect();
    await at.reconnect();
    expect(opens().map(({ seq }) => seq)).toEqual([undefined, 3, 3, 3, 4]);
  });

  it('DOC-44: one that came to a damaged document tells no seq at all', async () => {
    await typed(['one ', 'two']);
    at.document.lose(1);
    await at.opened('bea');
    at.server.requests.length = 0;
    await at.reconnect();
    expect(
      opens()
        .map(({ seq }) => seq)
        .sort(),
    ).toEqual([2, undefined]);
  });

  it('DOC-47: opens again at once, by its state vector alone, and sends what the server lacks', async () => {
    const ann = await typed(['one ', 'two']);
    ann.provider.text.delete(0, 4);
    await at.server.settle();
    const bea = await at.opened('bea');
    at.document.lose(3);
    at.document.isDamaged = false;
    at.server.requests.length = 0;
    at.document.reopen();
    await at.server.settle();
    expect([ann.provider.status, bea.provider.status]).toEqual(['opening', 'opening']);
    at.clock.advance(1_000);
    await at.server.settle();
    for (const open of opens()) {
      expect(open).toMatchObject({ documentId: DOCUMENT, epoch: 1, stateVector: expect.anything() });
      expect(open).not.toHaveProperty('seq');
    }
    expect(opens()).toHaveLength(2);
    expect(at.document.text).toBe('two');
    for (const { provider } of [ann, bea]) expect(provider).toMatchObject({ status: 'open', saved: true });
  });

  it('DOC-47: what was typed meanwhile is sent, and cursors come back', async () => {
    const { provider } = await typed(['one']);
    provider.awareness.setLocalState({ cursor: 1 });
    await at.server.settle();
    at.document.reopen();
    await at.server.settle();
    provider.text.insert(3, ' two');
    expect(provider.saved).toBe(false);
    at.clock.advance(1_000);
    await at.server.settle();
    expect(at.document.text).toBe('one two');
    expect(provider.saved).toBe(true);
    expect([...at.document.sessions.values()].map(({ awareness }) => awareness)).toEqual([expect.anything()]);
  });
});
