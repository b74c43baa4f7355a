import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { DOCUMENT, Harness } from '../../../test/harness.js';
import { breath, FakeBrowser, outboxes } from '../../../test/outboxes.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { type KeptText, MemoryOutbox, type OutboxStore, type Replaced } from '../index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
const browser = new FakeBrowser();
afterEach(async () => {
  await at.dispose();
  await browser.close();
});

describe('opening', () => {
  it('DOC-8: opens again on every connection, by state vector, seq and epoch', async () => {
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'hello');
    await at.server.settle();
    await at.reconnect();
    const [first, second] = at.asked('document:open');
    expect(first).toEqual({ documentId: DOCUMENT, clientId: provider.doc.clientID, instance: expect.any(String) });
    expect(second).toEqual({ ...first, seq: 1, epoch: 1, stateVector: Y.encodeStateVector(provider.doc) });
    expect(provider.status).toBe('open');
  });

  it('DOC-8: brings what others wrote while it was away', async () => {
    const ann = await at.opened('ann');
    const bea = await at.opened('bea');
    at.connectionOf(ann.client).cut();
    bea.provider.text.insert(0, 'meanwhile');
    await at.server.settle();
    expect(ann.provider.status).toBe('offline');
    expect(ann.provider.synced).toBe(false);
    at.clock.advance(3_000);
    await at.server.settle();
    expect(ann.provider.text.toString()).toBe('meanwhile');
    expect(ann.provider.synced).toBe(true);
  });

  it('DOC-9: joins pieces in order, and applies the frames behind them', async () => {
    const ann = await at.opened('ann');
    ann.provider.text.insert(0, 'a long text that comes in pieces');
    await at.server.settle();
    at.server.pieceBytes = 7;
    const client = at.client('bea');
    at.connect(client);
    await at.server.settle();
    const bea = client.openDocument(DOCUMENT);
    // The open is admitted, then ann writes: her frame stands behind the pieces.
    at.connectionOf(client).deliverToServer();
    ann.provider.text.insert(0, 'And ');
    await at.server.settle();
    expect(bea.text.toString()).toBe('And a long text that comes in pieces');
    expect(bea.seq).toBe(2);
  });

  it('DOC-26: an open refused for good is told, and tried again on the next connection', async () => {
    at.document.roles.delete('ann');
    const client = at.client('ann');
    at.connect(client);
    const provider = client.openDocument(DOCUMENT);
    const synced = provider.whenSynced();
    synced.catch(() => {});
    await at.server.settle();
    await expect(synced).rejects.toMatchObject({ code: 'not_found' });
    expect(provider.status).toBe('refused');
    at.document.roles.set('ann', 'editor');
    await at.reconnect();
    expect(provider.status).toBe('open');
  });

  it('DOC-26: after `closed` it stops and keeps the outbox', async () => {
    const { client, provider } = await at.opened('ann');
    at.connectionOf(client).tell('document:status', { documentId: DOCUMENT, state: 'closed' });
    await at.server.settle();
    provider.text.insert(0, 'x');
    await at.server.settle();
    expect(provider.status).toBe('refused');
    expect(provider.pending).toBe(1);
    expect(at.document.seq).toBe(0);
  });

  it('DOC-27: an open without an answer is repeated', async () => {
    const client = at.client('ann');
    at.connect(client);
    await at.server.settle();
    const provider = client.openDocument(DOCUMENT);
    await Promise.resolve();
    await Promise.resolve();
    // The server takes the question and its answer is lost, on a line that stays.
    const connection = at.connectionOf(client);
    expect(connection.toServerCount).toBe(1);
    connection.discardToServer();
    at.clock.advance(30_000);
    await at.server.settle();
    expect(provider.status).toBe('open');
    expect(connection.open).toBe(true);
  });
});

describe('editing', () => {
  it('DOC-14: saved means stored, and the edits of one tick are one update', async () => {
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'a');
    provider.text.insert(1, 'b');
    expect(provider.saved).toBe(false);
    expect(provider.pending).toBe(2);
    const saved = provider.whenSaved();
    await at.server.settle();
    await saved;
    expect(at.document.text).toBe('ab');
    expect(at.document.seq).toBe(1);
    expect(provider.seq).toBe(1);
  });

  it('DOC-14: is not saved before the commit', async () => {
    const { client, provider } = await at.opened('ann');
    provider.text.insert(0, 'a');
    await Promise.resolve();
    expect(at.connectionOf(client).deliverToServer()).toBe(true);
    expect(at.document.waiting).toBe(1);
    expect(at.connectionOf(client).deliverToClient()).toBe(false);
    expect(provider.saved).toBe(false);
  });

  it('DOC-14, CON-12: a crash of the server loses nothing that was written', async () => {
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'one ');
    await at.server.settle();
    provider.text.insert(4, 'two ');
    await Promise.resolve();
    at.connectionOf(at.clients[0]!).deliverToServer();
    at.server.crash();
    provider.text.insert(8, 'three');
    at.clock.advance(3_000);
    await at.server.settle();
    expect(at.document.text).toBe('one two three');
    expect(provider.saved).toBe(true);
  });

  it('DOC-14: a lost ack makes no second copy', async () => {
    const { client, provider } = await at.opened('ann');
    provider.text.insert(0, 'once');
    await Promise.resolve();
    at.connectionOf(client).deliverToServer();
    at.server.commit();
    await at.reconnect();
    expect(at.document.text).toBe('once');
    expect(at.document.seq).toBe(1);
    expect(provider.saved).toBe(true);
    expect(provider.seq).toBe(1);
  });

  it('DOC-14: a document that was written before it was opened is delivered', async () => {
    const client = at.client('ann');
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'draft');
    const provider = client.openDocument(DOCUMENT, { doc });
    expect(provider.pending).toBe(1);
    at.connect(client);
    await at.server.settle();
    expect(at.document.text).toBe('draft');
    expect(provider.saved).toBe(true);
  });

  it('DOC-14: a long time offline arrives in few updates without holes', async () => {
    const { client, provider } = await at.opened('ann');
    at.connectionOf(client).cut();
    for (let i = 0; i < 1_300; i++) {
      provider.text.insert(provider.text.length, String(i % 10));
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(provider.pending).toBe(1_300);
    at.clock.advance(3_000);
    await at.server.settle();
    expect(provider.saved).toBe(true);
    expect(at.document.text).toBe(provider.text.toString());
    expect(at.document.seq).toBeLessThan(10);
    for (const { update } of at.document.rows) {
      expect(Y.decodeUpdate(update).structs.some((struct) => struct instanceof Y.Skip)).toBe(false);
    }
  });

  it('DOC-12: a hole opens again, and a known frame is ignored', async () => {
    const { client, provider } = await at.opened('ann');
    const bea = await at.opened('bea');
    bea.provider.text.insert(0, 'a');
    await at.server.settle();
    const frame = { documentId: DOCUMENT, update: at.document.rows[0]!.update, fromSeq: 1, seq: 1, epoch: 1 };
    at.connectionOf(client).tell('document:update', frame);
    await at.server.settle();
    expect(at.asked('document:open')).toHaveLength(2);
    expect(provider.seq).toBe(1);
    at.connectionOf(client).tell('document:update', { ...frame, fromSeq: 5, seq: 5 });
    await at.server.settle();
    expect(at.asked('document:open')).toHaveLength(3);
    expect(at.asked('document:open')[2]).toMatchObject({ seq: 1, epoch: 1 });
    expect(provider.status).toBe('open');
  });

  it('DOC-13: an ack beyond the next number does not move seq over what others wrote', async () => {
    const ann = await at.opened('ann');
    const bea = await at.opened('bea');
    bea.provider.text.insert(0, 'b');
    ann.provider.text.insert(0, 'a');
    await Promise.resolve();
    at.connectionOf(bea.client).deliverToServer();
    at.connectionOf(ann.client).deliverToServer();
    at.server.commit();
    at.connectionOf(ann.client).deliverToClient();
    expect(ann.provider.saved).toBe(true);
    expect(ann.provider.seq).toBe(0);
    await at.server.settle();
    expect(ann.provider.seq).toBe(2);
    expect(ann.provider.text.toString()).toBe(bea.provider.text.toString());
  });

  it('DOC-15, LIM-4: goes in parts by the limit that the server told', async () => {
    at.server.limits = { ...DEFAULT_LIMITS, maxUpdateBytes: 2_048 };
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'x'.repeat(5_000));
    await at.server.settle();
    const parts = at.asked('document:update');
    expect(parts.map(({ part }) => part)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(parts.map(({ uploadId }) => uploadId)).size).toBe(1);
    expect(at.document.text).toHaveLength(5_000);
    expect(provider.saved).toBe(true);
  });

  it('DOC-19: keeps the edits of a lowered role and sends them when it returns', async () => {
    const { provider } = await at.opened('ann');
    at.document.setRole('ann', 'viewer');
    provider.text.insert(0, 'kept');
    await at.server.settle();
    expect(provider.canEdit).toBe(false);
    expect(provider.role).toBe('viewer');
    expect(provider.pending).toBe(1);
    expect(provider.text.toString()).toBe('kept');
    expect(at.document.text).toBe('');
    at.document.setRole('ann', 'editor');
    await at.server.settle();
    expect(provider.canEdit).toBe(true);
    expect(provider.saved).toBe(true);
    expect(at.document.text).toBe('kept');
  });

  it('DOC-19: a refusal without a word about the role makes it ask', async () => {
    const { provider } = await at.opened('ann');
    at.server.refuseNext('document:update', { code: 'forbidden' });
    provider.text.insert(0, 'kept');
    await at.server.settle();
    expect(provider.canEdit).toBe(false);
    at.clock.advance(2_000);
    await at.server.settle();
    expect(provider.canEdit).toBe(true);
    expect(at.document.text).toBe('kept');
  });

  it('DOC-22: a resync is applied and sets seq', async () => {
    const { client, provider } = await at.opened('ann');
    const doc = new Y.Doc();
    doc.getText('content').insert(0, 'all of it');
    const update = Y.encodeStateAsUpdate(doc);
    const body = { documentId: DOCUMENT, update, stateVector: Y.encodeStateVector(doc), seq: 9, epoch: 1 };
    at.connectionOf(client).tell('document:resync', body);
    await at.server.settle();
    expect(provider.text.toString()).toBe('all of it');
    expect(provider.seq).toBe(9);
  });

  it('DOC-23: waits as long as it is told, then sends everything in order', async () => {
    const { provider } = await at.opened('ann');
    at.server.refuseNext('document:update', { code: 'rate_limited', retryAfterMs: 700 });
    provider.text.insert(0, 'one ');
    await Promise.resolve();
    provider.text.insert(4, 'two');
    await at.server.settle();
    expect(at.document.seq).toBe(0);
    at.clock.advance(699);
    await at.server.settle();
    expect(provider.saved).toBe(false);
    at.clock.advance(1);
    await at.server.settle();
    expect(at.document.text).toBe('one two');
    expect(provider.saved).toBe(true);
  });

  it('DOC-24: the next open delivers what the last one left, before newer edits', async () => {
    const outbox = new MemoryOutbox();
    const first = await at.opened('ann', outbox);
    first.provider.text.insert(0, 'seen ');
    await at.server.settle();
    at.cutAll();
    first.provider.text.insert(5, 'unsaved ');
    await first.client.close();
    const second = await at.opened('ann', outbox);
    second.provider.text.insert(second.provider.text.length, 'new');
    await at.server.settle();
    expect(second.provider.text.toString()).toBe('seen unsaved new');
    expect(at.document.text).toBe('seen unsaved new');
    expect(second.provider.saved).toBe(true);
  });

  it('DOC-24: waits for the half-open connection of the session that left edits behind', async () => {
    const outbox = new MemoryOutbox();
    const first = await at.opened('ann', outbox);
    at.cutAll();
    first.provider.text.insert(0, 'left');
    await first.client.close();
    at.server.refuseNext('document:update', { code: 'client_id_taken' });
    const { provider } = await at.opened('ann', outbox);
    expect(provider.pending).toBe(1);
    expect(provider.kept).toEqual([]);
    at.clock.advance(5_000);
    await at.server.settle();
    expect(at.document.text).toBe('left');
    expect(provider.saved).toBe(true);
  });

  it('DOC-27: an update without an answer is repeated by opening again', async () => {
    const { client, provider } = await at.opened('ann');
    provider.text.insert(0, 'a');
    await Promise.resolve();
    at.connectionOf(client).discardToServer();
    at.clock.advance(60_000);
    await at.server.settle();
    expect(at.document.text).toBe('a');
    expect(provider.saved).toBe(true);
  });
});

describe('when things diverge', () => {
  const replacements = (provider: { on(event: 'replaced', listener: (event: Replaced) => void): () => void }) => {
    const seen: Replaced[] = [];
    provider.on('replaced', (event) => seen.push(event));
    return seen;
  };

  it('DOC-33: a document without edits takes a new client id', async () => {
    const client = at.client('ann');
    at.connect(client);
    await at.server.settle();
    at.server.refuseNext('document:open', { code: 'client_id_taken' });
    const provider = client.openDocument(DOCUMENT);
    const { doc, awareness } = provider;
    const before = doc.clientID;
    awareness.setLocalStateField('cursor', 1);
    await at.server.settle();
    expect(provider.doc).toBe(doc);
    expect(doc.clientID).not.toBe(before);
    expect(awareness.clientID).toBe(doc.clientID);
    expect(awareness.getLocalState()).toEqual({ cursor: 1 });
    expect(provider.status).toBe('open');
  });

  it('DOC-33: one with edits is replaced, and its outbox is delivered', async () => {
    const { client, provider } = await at.opened('ann');
    const old = provider.doc;
    const seen = replacements(provider);
    at.connectionOf(client).cut();
    provider.text.insert(0, 'mine');
    at.server.refuseNext('document:open', { code: 'client_id_taken' });
    at.clock.advance(3_000);
    await at.server.settle();
    expect(seen).toEqual([expect.objectContaining({ reason: 'client_id_taken', keptText: 'mine' })]);
    expect(provider.doc).not.toBe(old);
    expect(provider.text.toString()).toBe('mine');
    expect(at.document.text).toBe('mine');
    expect(provider.saved).toBe(true);
    expect(provider.kept).toEqual([]);
  });

  it('DOC-35: answers a gap with what the server lacks of its own', async () => {
    const { provider } = await at.opened('ann');
    const bea = await at.opened('bea');
    bea.provider.text.insert(0, 'b');
    await at.server.settle();
    provider.text.insert(1, 'a');
    await at.server.settle();
    provider.text.insert(2, 'c');
    const details = { stateVector: Y.encodeStateVector(at.document.committed), seq: at.document.seq };
    at.server.refuseNext('document:update', { code: 'gap_resync', details });
    await at.server.settle();
    const last = at.asked('document:update').at(-1);
    expect(last).toMatchObject({ resync: true });
    const { from } = Y.parseUpdateMeta(last!.update as Uint8Array);
    expect([...from]).toEqual([[provider.doc.clientID, 1]]);
    expect(at.document.text).toBe('bac');
    expect(provider.saved).toBe(true);
  });

  it('DOC-35: gives up on a gap that stays, and keeps the text', async () => {
    const { provider } = await at.opened('ann');
    const details = { stateVector: new Uint8Array([0]), seq: 0 };
    for (let i = 0; i < 4; i++) at.server.refuseNext('document:update', { code: 'gap_resync', details });
    provider.text.insert(0, 'gone');
    await at.server.settle();
    expect(provider.kept).toEqual([expect.objectContaining({ text: 'gone', reason: 'gap_resync' })]);
    expect(provider.status).toBe('open');
  });

  it('DOC-35: gaps that were healed do not count', async () => {
    const { provider } = await at.opened('ann');
    for (let i = 0; i < 8; i++) {
      const details = { stateVector: Y.encodeStateVector(at.document.committed), seq: at.document.seq };
      at.server.refuseNext('document:update', { code: 'gap_resync', details });
      provider.text.insert(i, String(i));
      await at.server.settle();
    }
    expect(provider.kept).toEqual([]);
    expect(at.document.text).toBe('01234567');
  });

  it('DOC-37: freezes a refused document, keeps its text, and goes on with a new one', async () => {
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'good ');
    await at.server.settle();
    provider.awareness.setLocalState({ cursor: 3 });
    const old = { doc: provider.doc, text: provider.text, id: provider.doc.clientID };
    const seen = replacements(provider);
    at.server.refuseNext('document:update', { code: 'schema_violation' });
    provider.text.insert(5, 'bad ');
    await Promise.resolve();
    provider.text.insert(9, 'later');
    const saved = provider.whenSaved();
    saved.catch(() => {});
    await at.server.settle();
    await expect(saved).rejects.toMatchObject({ code: 'schema_violation' });
    expect(seen).toEqual([
      {
        doc: provider.doc,
        text: provider.text,
        awareness: provider.awareness,
        reason: 'schema_violation',
        keptText: 'good bad later',
      },
    ]);
    expect(provider.kept).toEqual([expect.objectContaining({ text: 'good bad later' })]);
    expect(provider.doc).not.toBe(old.doc);
    expect(provider.doc.clientID).not.toBe(old.id);
    expect(old.text.toString()).toBe('good bad later');
    expect(provider.text.toString()).toBe('good ');
    expect(provider.awareness.getLocalState()).toEqual({ cursor: 3 });
    // Edits of the frozen document stay there; the new one is alive.
    old.text.insert(0, 'lost ');
    provider.text.insert(5, 'again');
    await at.server.settle();
    expect(at.document.text).toBe('good again');
    expect(provider.saved).toBe(true);
  });

  describe.each(outboxes(browser))('a kept text, with the outbox in %s', (_name, make) => {
    const refused = async (outbox: OutboxStore, text: string) => {
      const opened = await at.opened('ann', outbox);
      await breath(at);
      at.server.refuseNext('document:update', { code: 'schema_violation' });
      opened.provider.text.insert(0, text);
      await breath(at);
      return opened;
    };

    it('DOC-37: is offered again after a reload, until it is discarded', async () => {
      const outbox = make();
      const first = await refused(outbox, 'dear to me');
      const [kept] = first.provider.kept;
      await first.client.close();
      const { client, provider } = await at.opened('ann', outbox);
      const heard: (readonly KeptText[])[] = [];
      provider.on('kept', (texts) => heard.push(texts));
      await breath(at);
      expect(provider.kept).toEqual([kept]);
      expect(kept).toMatchObject({ text: 'dear to me', reason: 'schema_violation', at: at.clock.now() });
      await provider.discardKept(kept!.id);
      expect(provider.kept).toEqual([]);
      expect(heard.at(-1)).toEqual([]);
      await client.close();
      const last = await at.opened('ann', outbox);
      await breath(at);
      expect(last.provider.kept).toEqual([]);
      expect(last.provider.saved).toBe(true);
    });

    it('DOC-37, SES-6: is not shown to the next user of the browser', async () => {
      const outbox = make();
      const { client } = await refused(outbox, 'private');
      await client.close();
      const { provider } = await at.opened('bea', outbox);
      await breath(at);
      expect(provider.status).toBe('open');
      expect(provider.kept).toEqual([]);
    });
  });

  it('DOC-37: is kept before its edits leave the outbox', async () => {
    const calls: string[] = [];
    const memory = new MemoryOutbox();
    const outbox: OutboxStore = {
      async open(key) {
        const lane = await memory.open(key);
        return {
          ...lane,
          write: (change) => {
            calls.push(change.remove.length > 0 ? 'remove' : 'add');
            return lane.write(change);
          },
          keep: (kept) => {
            calls.push('keep');
            return lane.keep(kept);
          },
        };
      },
    };
    const { provider } = await at.opened('ann', outbox);
    at.server.refuseNext('document:update', { code: 'too_large' });
    provider.text.insert(0, 'a');
    await at.server.settle();
    expect(calls).toEqual(['add', 'keep', 'remove']);
  });

  it.each([true, false])('DOC-40: after a restore it keeps its copy and opens afresh (told: %s)', async (told) => {
    const { provider } = await at.opened('ann');
    for (const word of ['one ', 'two ', 'three']) {
      provider.text.insert(provider.text.length, word);
      await at.server.settle();
    }
    const seen = replacements(provider);
    at.document.restore(1, told);
    if (told) await at.server.settle();
    else await at.reconnect();
    expect(seen).toEqual([expect.objectContaining({ reason: 'epoch_mismatch', keptText: 'one two three' })]);
    expect(provider.text.toString()).toBe('one ');
    expect(provider.epoch).toBe(2);
    provider.text.insert(4, 'more');
    await at.server.settle();
    expect(at.document.text).toBe('one more');
  });

  it('DOC-40: a server that answers below what was seen has been restored', async () => {
    const { provider } = await at.opened('ann');
    provider.text.insert(0, 'one');
    await at.server.settle();
    at.document.restore(0, false);
    at.document.epoch = 1;
    await at.reconnect();
    expect(provider.kept).toEqual([expect.objectContaining({ text: 'one', reason: 'epoch_mismatch' })]);
    expect(provider.text.toString()).toBe('');
  });

  it('DOC-42: keeps the outbox over a store that fails, and says stalled meanwhile', async () => {
    const { client, provider } = await at.opened('ann');
    at.connectionOf(client).tell('document:status', { documentId: DOCUMENT, state: 'stalled' });
    provider.text.insert(0, 'kept');
    await Promise.resolve();
    at.connectionOf(client).deliverToServer();
    at.connectionOf(client).deliverToClient();
    expect(provider.stalled).toBe(true);
    at.document.failCommit({ code: 'store_unavailable', retryAfterMs: 400 });
    await at.server.settle();
    expect(provider.pending).toBe(1);
    expect(provider.error?.code).toBe('store_unavailable');
    at.clock.advance(400);
    await at.server.settle();
    expect(at.document.text).toBe('kept');
    expect(provider.saved).toBe(true);
    expect(provider.stalled).toBe(false);
    expect(provider.error).toBeUndefined();
  });
});

describe('the provider', () => {
  it('tells what changes', async () => {
    const client = at.client('ann');
    at.connect(client);
    await at.server.settle();
    const provider = client.openDocument(DOCUMENT);
    const heard: unknown[] = [];
    for (const event of ['status', 'synced', 'saved', 'role'] as const)
      provider.on(event, (value) => heard.push([event, value]));
    await at.server.settle();
    provider.text.insert(0, 'a');
    await at.server.settle();
    expect(heard).toEqual([
      ['status', 'open'],
      ['synced', true],
      ['role', 'editor'],
      ['saved', false],
      ['saved', true],
    ]);
    expect(client.unsaved).toBe(0);
  });

  it('tells how many edits wait, whenever that changes', async () => {
    const { provider } = await at.opened('ann');
    const heard: number[] = [];
    provider.on('pending', (pending) => heard.push(pending));
    provider.text.insert(0, 'a');
    provider.text.insert(1, 'b');
    await Promise.resolve();
    provider.text.insert(2, 'c');
    await at.server.settle();
    expect(heard).toEqual([1, 2, 3, 1, 0]);
  });

  it('counts documents with pending edits', async () => {
    const { client, provider } = await at.opened('ann');
    at.cutAll();
    provider.text.insert(0, 'a');
    expect(client.unsaved).toBe(1);
  });

  it('closes on the server when destroyed, and may be opened again', async () => {
    const { client, provider } = await at.opened('ann');
    expect(() => client.openDocument(DOCUMENT)).toThrow('is open');
    await provider.destroy();
    await at.server.settle();
    expect(at.document.sessions.size).toBe(0);
    expect(provider.status).toBe('destroyed');
    const again = client.openDocument(DOCUMENT);
    await at.server.settle();
    expect(again.status).toBe('open');
  });
});
