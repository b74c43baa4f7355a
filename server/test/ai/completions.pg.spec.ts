import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { accepted, refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { AiWorld, ask, heard, isDone, MODEL, modelAsked, question } from './support/ai-world.js';

const NOBODYS = '00000000-0000-4000-8000-000000000001';

describe('completions', () => {
  let world: AiWorld;
  beforeAll(async () => {
    world = await AiWorld.start();
  });
  afterEach(async () => {
    world.script = () => ({ tokens: ['one', ' two', ' three'] });
    await world.sync.hangUp();
    world.model.requests.length = 0;
  });
  afterAll(() => world?.stop());

  it('CMP-1: a request is answered with its id, and streamed to its asker', async () => {
    const { editor } = await world.scene();
    const id = await ask(editor);
    const done = await isDone(editor.client, id);
    expect(done).toMatchObject({ outcome: 'complete', text: 'one two three', texts: ['one two three'], model: MODEL });
    expect(done.usage.completionTokens).toBeGreaterThan(0);
    expect(heard(editor.client, id).text).toBe('one two three');
  });

  it('CMP-1: refuses who has not opened the document, may not write, or asks for what is not there', async () => {
    const viewer = await world.sync.person('Vera');
    const { editor, ada, projectId } = await world.scene('x', [[viewer, 'viewer']]);
    const looking = await world.open(viewer, editor.documentId);
    expect(await refusedWith(looking.client.ask('completion:start', question(looking, {})))).toMatchObject({
      code: 'forbidden',
    });
    const stranger = await world.sync.connect(await world.sync.person('Eve'));
    expect(await refusedWith(stranger.ask('completion:start', question(editor, {})))).toMatchObject({
      code: 'not_open',
    });
    const refuse = async (body: object) =>
      refusedWith(editor.client.askRaw('completion:start', { ...question(editor, {}), ...body }));
    expect(await refuse({ model: 'no such' })).toMatchObject({ code: 'bad_request' });
    expect(await refuse({ offset: 1 })).toMatchObject({ code: 'bad_request' });
    expect(await refuse({ anchor: undefined })).toMatchObject({ code: 'bad_request' });
    const free = await world.sync.addDocument(ada, projectId, { kind: 'free' });
    const open = await PlainEditor.open(editor.client, free);
    expect(await refusedWith(open.client.ask('completion:start', question(open, {})))).toMatchObject({
      code: 'bad_request',
    });
    expect(world.model.requests).toHaveLength(0);
  });

  it('CMP-2 CMP-3: everybody in the document hears it in order; who has the project open, that it is there', async () => {
    const [bob, carl] = [await world.sync.person('Bob'), await world.sync.person('Carl')];
    const { editor, ada, projectId, documentId } = await world.scene('let a = ', [
      [bob, 'editor'],
      [carl, 'viewer'],
    ]);
    const other = await world.open(bob, documentId);
    const outside = await world.sync.connect(carl);
    await accepted(outside.ask('project:open', { projectId }));
    // Both at once: told once all the same.
    await accepted(other.client.ask('project:open', { projectId }));
    const id = await ask(editor);
    for (const { client } of [editor, other]) await isDone(client, id);
    for (const { client } of [editor, other]) {
      const { names, deltas } = heard(client, id);
      expect(names).toEqual(['started', ...deltas.map(() => 'delta'), 'done']);
      expect(deltas.map(({ index }) => index)).toEqual(deltas.map((_, index) => index));
      expect(deltas.map(({ text }) => text).join('')).toBe('one two three');
    }
    const started = other.client.told('completion:started')[0]!;
    expect(started).toMatchObject({ documentId, userId: ada.user.id, before: 'let a = ', after: '', alternatives: 1 });
    const place = (anchor: Uint8Array) =>
      Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(anchor), other.doc)?.index;
    expect([place(started.anchor), place(started.end)]).toEqual([8, 8]);
    await outside.hears('completion:started');
    await accepted(editor.client.ask('completion:resolve', { completionId: id, outcome: 'rejected' }));
    await outside.hears('completion:closed');
    expect(heard(outside, id).names).toEqual(['started', 'closed']);
  });

  it('the anchors hold the place while others type, and the model is told the text around it', async () => {
    const bob = await world.sync.person('Bob');
    const { editor, documentId } = await world.scene('first\nsecond = \nthird', [[bob, 'editor']]);
    const other = await world.open(bob, documentId);
    const id = await ask(editor, { at: 'first\nsecond = '.length });
    await isDone(editor.client, id);
    await other.type('above\n', 0);
    await editor.shows((text) => text.startsWith('above'));
    const { anchor, before, after } = editor.client.told('completion:started')[0]!;
    const { index } = Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(anchor), editor.doc)!;
    expect(editor.text.slice(0, index)).toBe('above\nfirst\nsecond = ');
    expect([before, after]).toEqual(['second = ', '']);
    expect(world.model.requests[0]!.body).toMatchObject({ prompt: expect.stringContaining('second = ') });
  });

  it('an offset is as good as an anchor, also when others have typed before it meanwhile', async () => {
    const bob = await world.sync.person('Bob');
    const { editor, documentId } = await world.scene('abc', [[bob, 'editor']]);
    const seen = { offset: 2, stateVector: Y.encodeStateVector(editor.doc) };
    const other = await world.open(bob, documentId);
    await other.type('🙂🙂', 0);
    const id = await ask(editor, seen);
    await isDone(editor.client, id);
    expect(editor.client.told('completion:started')[0]).toMatchObject({ before: '🙂🙂ab', after: 'c' });
    expect(await refusedOrRetracted(await ask(editor, { ...seen, offset: 99 }))).toEqual([
      'retracted',
      'done',
      'closed',
    ]);
    async function refusedOrRetracted(completionId: string) {
      await isDone(editor.client, completionId);
      await editor.client.hears('completion:closed', (body) => body.completionId === completionId);
      return heard(editor.client, completionId).names;
    }
  });

  it('waits for the edit that was sent just before it', async () => {
    const { editor } = await world.scene('');
    const typed = editor.type('const answer = ');
    const id = await ask(editor);
    await isDone(editor.client, id);
    await typed;
    expect(editor.client.told('completion:started')[0]).toMatchObject({ before: 'const answer = ' });
    expect(world.model.requests[0]!.body).toMatchObject({ prompt: expect.stringContaining('const answer = ') });
  });

  it('CMP-13: an asker who is ahead of the log for good is told so', async () => {
    const { editor } = await world.scene('');
    editor.prepare((text) => text.insert(0, 'never sent'));
    const id = await ask(editor, { at: 0 });
    expect(await isDone(editor.client, id)).toMatchObject({ outcome: 'failed' });
    expect(editor.client.told('ai:unavailable')).toEqual([
      expect.objectContaining({ completionId: id, reason: 'document_behind' }),
    ]);
  });

  it('CMP-5: a newer request ends the older one, up to the model', async () => {
    world.script = () => ({ tokens: ['slow'], tokensPerSecond: 20, isEndless: true });
    const { editor } = await world.scene();
    const first = await ask(editor);
    await editor.client.hears('completion:delta');
    world.script = () => ({ tokens: ['fast'] });
    const second = await ask(editor, { count: 2 });
    expect(await isDone(editor.client, first)).toMatchObject({ outcome: 'cancelled' });
    expect(await isDone(editor.client, second)).toMatchObject({ outcome: 'complete', text: 'fast' });
    await eventually('the first request is closed', () => world.model.aborted.length === 1);
    expect(heard(editor.client, first)).toMatchObject({ closed: { outcome: 'superseded' }, dones: [{}] });
  });

  it('A52 CMP-5: equal requests of two windows are one, those of two people are not', async () => {
    world.script = () => ({ tokens: ['shared'], delayMs: 200 });
    const bob = await world.sync.person('Bob');
    const { editor, ada } = await world.scene('x = ', [[bob, 'editor']]);
    const window = await world.open(ada, editor.documentId);
    const other = await world.open(bob, editor.documentId);
    const ids = await Promise.all([ask(editor), ask(window), ask(other)]);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
    for (const { client } of [editor, window]) await isDone(client, ids[0]!);
    await isDone(other.client, ids[2]!);
    expect(world.model.requests).toHaveLength(2);
  });

  it('CMP-6: cancel reaches the model, is answered again when repeated, and is nobody else’s', async () => {
    world.script = () => ({ tokens: ['on', ' and'], tokensPerSecond: 50, isEndless: true });
    const bob = await world.sync.person('Bob');
    const { editor, documentId } = await world.scene('x = ', [[bob, 'editor']]);
    const other = await world.open(bob, documentId);
    const id = await ask(editor);
    await other.client.hears('completion:delta');
    expect(await refusedWith(other.client.ask('completion:cancel', { completionId: id }))).toMatchObject({
      code: 'not_found',
    });
    await accepted(editor.client.ask('completion:cancel', { completionId: id }));
    await eventually('the model is left alone', () => world.model.aborted.length === 1);
    for (const { client } of [editor, other]) {
      expect(await isDone(client, id)).toMatchObject({ outcome: 'cancelled' });
      await client.hears('completion:closed');
      expect(heard(client, id).names.slice(-2)).toEqual(['done', 'closed']);
    }
    await accepted(editor.client.ask('completion:cancel', { completionId: id }));
    expect(await refusedWith(editor.client.ask('completion:cancel', { completionId: NOBODYS }))).toMatchObject({
      code: 'not_found',
    });
  });

  it('CMP-8 CMP-9: who comes later, or comes back, gets what it missed and then the rest', async () => {
    world.script = () => ({ tokens: `a b c d${' e'.repeat(36)}`.split(/(?= )/), tokensPerSecond: 12 });
    const bob = await world.sync.person('Bob');
    const { editor, documentId, ada } = await world.scene('x = ', [[bob, 'editor']]);
    const id = await ask(editor);
    await editor.client.hears('completion:delta', ({ index }) => index === 3);
    const late = await world.open(bob, documentId);
    const [shown] = late.opened.completions ?? [];
    expect(shown).toMatchObject({ completionId: id, userId: ada.user.id, isDone: false, before: 'x = ' });
    const before = shown!.texts.join('');
    expect(before).toMatch(/^a b c d/);
    editor.client.disconnect();
    const back = await world.open(ada, documentId);
    await accepted(back.client.ask('completion:resume', { completionId: id, attempt: 1, index: 1 }));
    // Those that go on come between; what was missed is there before the answer.
    const missed = new Map(heard(back.client, id).deltas.map((delta) => [delta.index, delta.text]));
    expect([missed.get(2), missed.get(3)]).toEqual([' c', ' d']);
    const { text } = await isDone(back.client, id);
    const all = new Map(heard(back.client, id).deltas.map((delta) => [delta.index, delta.text]));
    const inOrder = [...all].sort(([a], [b]) => a - b);
    expect(inOrder.map(([index]) => index)).toEqual(inOrder.map((_, n) => n + 2));
    expect(`a b${inOrder.map(([, word]) => word).join('')}`).toBe(text);
    await isDone(late.client, id);
    expect(before + heard(late.client, id).text).toBe(text);
    await accepted(back.client.ask('completion:resume', { completionId: id, attempt: 1, index: 9 }));
    expect(heard(back.client, id).names.slice(-3)).toEqual(['delta', 'delta', 'done']);
    expect(
      await refusedWith(back.client.ask('completion:resume', { completionId: NOBODYS, attempt: 1, index: 0 })),
    ).toMatchObject({ code: 'not_found' });
  });

  it('A52 CMP-10: others see no more than the project and the asker allow', async () => {
    const bob = await world.sync.person('Bob');
    const { editor, documentId, ada, projectId } = await world.scene('x = ', [[bob, 'editor']]);
    const other = await world.open(bob, documentId);
    const seen = async () => {
      const id = await ask(editor);
      await isDone(editor.client, id);
      await accepted(editor.client.ask('completion:resolve', { completionId: id, outcome: 'rejected' }));
      await editor.client.hears('completion:closed', (body) => body.completionId === id);
      const late = await world.open(bob, documentId);
      expect(late.opened.completions ?? []).toEqual([]);
      return [...new Set(heard(other.client, id).names)];
    };
    expect(await seen()).toEqual(['started', 'delta', 'done', 'closed']);
    const share = (suggestionSharing: string) =>
      world.sync.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration: { suggestionSharing } });
    await share('presence');
    expect(await seen()).toEqual(['started', 'closed']);
    await share('off');
    expect(await seen()).toEqual([]);
    await share('text');
    await world.sync.rest(ada, 'PUT', '/users/me/profile', {
      ideSettings: {},
      aiPreferences: { visibility: 'presence' },
    });
    expect(await seen()).toEqual(['started', 'closed']);
  });

  it('CMP-11 CMP-12: an accepted suggestion is attributed in the log, told to the room, and found by who comes later', async () => {
    const bob = await world.sync.person('Bob');
    const { editor, documentId, ada } = await world.scene('x = ', [[bob, 'editor']]);
    const other = await world.open(bob, documentId);
    const id = await ask(editor);
    const { text } = await isDone(editor.client, id);
    const clock = Y.getState(editor.doc.store, editor.doc.clientID);
    const update = editor.prepare((content) => content.insert(4, text));
    const range = { client: editor.doc.clientID, clock, length: text.length };
    const provenance = { completionId: id, ...range };
    await accepted(editor.client.ask('document:update', { documentId, update, provenance }));
    expect(
      await refusedWith(other.client.ask('completion:resolve', { completionId: id, outcome: 'rejected' })),
    ).toMatchObject({ code: 'not_found' });
    const resolve = { completionId: id, outcome: 'accepted', acceptedLength: text.length, alternative: 0 } as const;
    await accepted(editor.client.ask('completion:resolve', resolve));
    await accepted(editor.client.ask('completion:resolve', resolve));
    const closed = await other.client.hears('completion:closed');
    expect(closed).toMatchObject({ outcome: 'accepted', by: ada.user.id, accepted: [range] });
    expect(other.client.told('completion:closed')).toHaveLength(1);
    const { attributions } = (await world.sync.rest(bob, 'GET', `/documents/${documentId}/attributions`)) as {
      attributions: object[];
    };
    expect(attributions).toEqual([
      expect.objectContaining({ ...provenance, userId: ada.user.id, displayName: 'Ada', model: MODEL, seq: 2 }),
    ]);
  });

  it('CMP-12: what is not a suggestion of that person is stored without its claim', async () => {
    const bob = await world.sync.person('Bob');
    const { editor, documentId } = await world.scene('x = ', [[bob, 'editor']]);
    const other = await world.open(bob, documentId);
    const id = await ask(editor);
    const { text } = await isDone(editor.client, id);
    const claim = async (
      by: PlainEditor,
      typed: string,
      more: Partial<{ clock: number; length: number; completionId: string }>,
    ) => {
      const clock = Y.getState(by.doc.store, by.doc.clientID);
      const update = by.prepare((content) => content.insert(0, typed));
      const provenance = { completionId: id, client: by.doc.clientID, clock, length: typed.length, ...more };
      return accepted(by.client.ask('document:update', { documentId, update, provenance }));
    };
    expect(await claim(editor, 'my own words', {})).toMatchObject({ seq: 2 });
    expect(await claim(editor, text, { length: 1000 })).toMatchObject({ seq: 3 });
    expect(await claim(editor, text, { completionId: NOBODYS })).toMatchObject({ seq: 4 });
    expect(await claim(other, text, {})).toMatchObject({ seq: 5 });
    expect(await claim(editor, text, {})).toMatchObject({ seq: 6 });
    const kept = await world.sync.sql.query(
      'SELECT seq::int FROM document_updates WHERE document_id = $1 AND provenance IS NOT NULL',
      [documentId],
    );
    expect(kept.rows).toEqual([{ seq: 6 }]);
  });

  it('CMP-12: a claim costs nothing to refuse: of who may not write, of what is large, of what is no text', async () => {
    const viewer = await world.sync.person('Vera');
    const { editor, documentId } = await world.scene('x = ', [[viewer, 'viewer']]);
    const id = await ask(editor);
    await isDone(editor.client, id);
    const looking = await world.open(viewer, documentId);
    const hostile = new Y.Doc();
    const list = hostile.getArray('list');
    hostile.transact(() => {
      for (let n = 0; n < 8_000; n++) list.push([new Y.Doc()]);
    });
    const update = Y.encodeStateAsUpdate(hostile);
    const provenance = { completionId: id, client: hostile.clientID, clock: 0, length: 1 };
    const began = performance.now();
    const sent = { documentId, update, provenance };
    expect(await refusedWith(looking.client.ask('document:update', sent))).toMatchObject({ code: 'forbidden' });
    expect(await refusedWith(editor.client.ask('document:update', sent))).toMatchObject({ code: 'schema_violation' });
    expect(performance.now() - began).toBeLessThan(400 * patience());
  });

  it('CMP-11: what is claimed a second time, or was refused, is not told as accepted', async () => {
    const { editor, documentId } = await world.scene('x = ');
    const id = await ask(editor);
    const { text } = await isDone(editor.client, id);
    const clock = Y.getState(editor.doc.store, editor.doc.clientID);
    const gap = editor.prepare((content) => content.insert(0, 'never sent'));
    const beyond = editor.prepare((content) => content.insert(0, text));
    const client = editor.doc.clientID;
    const refused = { completionId: id, client, clock: clock + 10, length: text.length };
    expect(
      await refusedWith(editor.client.ask('document:update', { documentId, update: beyond, provenance: refused })),
    ).toMatchObject({ code: 'gap_resync' });
    await accepted(editor.client.ask('document:update', { documentId, update: gap }));
    for (let twice = 0; twice < 2; twice++) {
      await accepted(editor.client.ask('document:update', { documentId, update: beyond, provenance: refused }));
    }
    await accepted(editor.client.ask('completion:resolve', { completionId: id, outcome: 'accepted' }));
    const { accepted: ranges } = await editor.client.hears('completion:closed', (body) => body.completionId === id);
    expect(ranges).toEqual([{ client, clock: clock + 10, length: text.length }]);
  });

  it('CMP-6: a cancel that comes just after the end takes the suggestion away all the same', async () => {
    const { editor } = await world.scene();
    const id = await ask(editor);
    await isDone(editor.client, id);
    await accepted(editor.client.ask('completion:cancel', { completionId: id }));
    const closed = await editor.client.hears('completion:closed', (body) => body.completionId === id);
    expect(closed).toMatchObject({ outcome: 'cancelled' });
  });

  it('A53 CMP-16: the quota is one for all connections of a person', async () => {
    const { editor, ada, documentId } = await world.scene();
    const windows = [editor, await world.open(ada, documentId), await world.open(ada, documentId)];
    const answers = await Promise.all(
      windows.flatMap((window) =>
        Array.from({ length: 14 }, (_, n) => window.client.ask('completion:start', question(window, { at: n % 10 }))),
      ),
    );
    expect(answers.filter(({ ok }) => ok).length).toBeLessThan(35);
  });

  it('CMP-14: the statistical model is not taught what the project excludes', async () => {
    const { editor, ada, projectId } = await world.scene('');
    const line = 'const zebraGiraffe = openTheGate(alpha, beta);\n';
    await world.sync.addDocument(ada, projectId, { path: 'private/codes.ts', text: line.repeat(12) });
    const suggests = async () => {
      const id = await ask(editor, { model: 'tandem-ngram' });
      return (await isDone(editor.client, id)).text;
    };
    await editor.type('const zebraGiraffe = openThe');
    expect(await suggests()).toContain('Gate');
    const exclude = (excludedPaths: string[]) =>
      world.sync.rest(ada, 'PATCH', `/projects/${projectId}`, { aiContext: { excludedPaths } });
    await exclude(['private/**']);
    // Asking so often, it is slowed down in between.
    const isForgotten = async () => !(await suggests().catch(() => 'Gate')).includes('Gate');
    await eventually('it is forgotten', isForgotten, 15_000);
    await exclude(['src/**']);
    await eventually('the file itself is excluded', async () => {
      await suggests().catch(() => undefined);
      return editor.client.told('ai:unavailable').some(({ reason }) => reason === 'forbidden');
    });
  });

  it('CMP-15: text that goes away at the caret takes the suggestion with it', async () => {
    const { editor } = await world.scene('keep gone');
    const stale = question(editor, {});
    await editor.saved();
    editor.doc.getText('content').delete(4, 5);
    await editor.saved();
    const id = (
      await accepted(editor.client.ask('completion:start', { ...stale, stateVector: Y.encodeStateVector(editor.doc) }))
    ).completionId;
    expect(await isDone(editor.client, id)).toMatchObject({ outcome: 'complete', text: '' });
    expect(heard(editor.client, id).names.slice(0, 2)).toEqual(['retracted', 'done']);
    expect(world.model.requests).toHaveLength(0);
  });

  it('A53 CMP-16: an editor that asks without a pause is slowed down, and told for how long', async () => {
    const { editor } = await world.scene();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => editor.client.ask('completion:start', question(editor, { at: n % 10 }))),
    );
    const refused = answers.filter((answer) => !answer.ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ error: { code: 'rate_limited', retry: 'later' } });
    expect((refused[0] as { error: { retryAfterMs: number } }).error.retryAfterMs).toBeGreaterThan(0);
  });

  it('alternatives come side by side, and only those that differ are offered', async () => {
    world.script = () => ({ alternatives: [['alpha'], ['be', 'ta'], ['alpha']] });
    const { editor } = await world.scene();
    const id = await ask(editor, { count: 3 });
    expect(await isDone(editor.client, id)).toMatchObject({ text: 'alpha', texts: ['alpha', 'beta'] });
    await modelAsked(world, 1);
  });
});
