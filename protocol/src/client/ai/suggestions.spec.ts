import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { Harness } from '../../../test/harness.js';
import { breath, FakeBrowser, outboxes } from '../../../test/outboxes.js';
import type { DocumentProvider, Suggestion } from '../index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
const browser = new FakeBrowser();
afterEach(async () => {
  await at.dispose();
  await browser.close();
});

/** ann has the document open with this text in it, and bea too. */
const room = async (text: string) => {
  const ann = await at.opened('ann');
  ann.provider.text.insert(0, text);
  await at.server.settle();
  const bea = await at.opened('bea');
  return { ann: ann.provider, bea: bea.provider, annsClient: ann.client };
};
/** Asked for by ann; the model has said `texts`. */
const suggested = async (provider: DocumentProvider, index: number, ...texts: string[]) => {
  provider.complete({ index, count: texts.length });
  await at.server.settle();
  const model = at.server.ai.completions.at(-1)!;
  for (const [alternative, text] of texts.entries()) model.delta(text, alternative);
  await at.server.settle();
  return model;
};
const places = ({ suggestions }: DocumentProvider) => suggestions.list.map(({ offset, text }) => [offset, text]);
const resolved = () => at.asked('completion:resolve');

describe('where a suggestion is shown', () => {
  it('CMP-20: moves with the text before it, on other lines', async () => {
    const { ann, bea } = await room('one\ntwo');
    await suggested(ann, 3, ' and');
    expect(places(bea)).toEqual([[3, ' and']]);
    bea.text.insert(0, 'zero\n');
    await at.server.settle();
    expect(places(ann)).toEqual([[8, ' and']]);
    expect(places(bea)).toEqual([[8, ' and']]);
  });

  it('CMP-20: shows what is left of it while it is typed, and it all when that is taken back', async () => {
    const { ann, bea } = await room('const a = ;');
    await suggested(ann, 10, 'foo()');
    ann.text.insert(10, 'fo');
    expect(places(ann)).toEqual([[12, 'o()']]);
    ann.text.delete(11, 1);
    expect(places(ann)).toEqual([[11, 'oo()']]);
    await at.server.settle();
    expect(places(bea)).toEqual([[11, 'oo()']]);
  });

  it.each<[string, (text: Y.Text) => void]>([
    ['something else is typed', (text) => text.insert(6, 'x')],
    ['the character before it is deleted', (text) => text.delete(5, 1)],
    ['the character after it is deleted', (text) => text.delete(6, 1)],
    ['its line changes before it', (text) => text.insert(4, 'x')],
    ['its line changes after it', (text) => text.insert(7, 'x')],
    ['a line break comes before it on the line', (text) => text.insert(5, '\n')],
    ['the line after it is joined', (text) => text.delete(7, 1)],
  ])('CMP-20: is not shown when %s', async (_name, edit) => {
    const { ann, bea } = await room('a\nb = ;\nc');
    await suggested(ann, 6, 'foo');
    expect(places(bea)).toEqual([[6, 'foo']]);
    edit(ann.text);
    expect(places(ann)).toEqual([]);
    await at.server.settle();
    expect(places(bea)).toEqual([]);
    expect(resolved()).toMatchObject([{ outcome: 'ignored' }]);
  });

  it('CMP-20: of a long line 128 units on each side count', async () => {
    const { ann, bea } = await room(`${'a'.repeat(200)}${'b'.repeat(200)}`);
    await suggested(ann, 200, 'foo');
    bea.text.insert(72, 'x');
    bea.text.insert(201 + 128, 'x');
    await at.server.settle();
    expect(places(ann)).toEqual([[201, 'foo']]);
    bea.text.insert(74, 'x');
    await at.server.settle();
    expect(places(ann)).toEqual([]);
  });

  it('CMP-20: of a long line that many wrote the same counts', async () => {
    const { ann, bea } = await room(`\n${'a'.repeat(100)}${'b'.repeat(100)}\n`);
    bea.text.insert(101, 'B'.repeat(100));
    await at.server.settle();
    ann.text.insert(101, 'A'.repeat(100));
    await at.server.settle();
    await suggested(ann, 201, 'foo');
    expect([places(ann), places(bea)]).toEqual([[[201, 'foo']], [[201, 'foo']]]);
  });

  it('CMP-20: stands right for observers of the text, too', async () => {
    const { ann } = await room('abc');
    await suggested(ann, 3, 'foo');
    const seen: unknown[] = [];
    ann.text.observe(() => seen.push(places(ann)));
    ann.text.insert(3, 'f');
    expect(seen).toEqual([[[4, 'oo']]]);
  });

  it.each([0, 3])('CMP-20: stands at the edges of the text (%i)', async (index) => {
    const { ann, bea } = await room('abc');
    await suggested(ann, index, 'foo');
    expect(places(bea)).toEqual([[index, 'foo']]);
    bea.text.insert(index, 'x');
    await at.server.settle();
    expect(places(ann)).toEqual([]);
  });

  it('CMP-20: an undo brings other characters: the place of a deleted one is gone for everybody', async () => {
    const { ann, bea } = await room('ab');
    await suggested(bea, 1, 'foo');
    const undo = new Y.UndoManager(ann.text);
    ann.text.delete(0, 1);
    undo.undo();
    expect(ann.text.toString()).toBe('ab');
    expect(places(ann)).toEqual([]);
  });

  it('CMP-20: waits for the state that it was made on', async () => {
    const { ann, bea } = await room('abc\n\n');
    const [connection] = at.server.connections.slice(-1);
    const told: [string, object][] = [];
    // What bea is told stays on its way.
    connection!.tell = (event, body) => void told.push([event, body as object]);
    ann.text.insert(5, 'x');
    await at.server.settle();
    // Its neighbours are known to bea; the edit further down is not.
    await suggested(ann, 3, 'foo');
    const [edit, ...rest] = told.map(
      ([name, body]) =>
        () =>
          bea.receive(name as 'document:update', body as never),
    );
    for (const tell of rest) tell();
    expect(places(ann)).toEqual([[3, 'foo']]);
    expect(places(bea)).toEqual([]);
    edit!();
    expect(places(bea)).toEqual([[3, 'foo']]);
  });

  it('CMP-20: nothing is dropped while what was typed may still be what comes', async () => {
    const { ann } = await room('a');
    ann.complete({ index: 1 });
    await at.server.settle();
    const model = at.server.ai.completions[0]!;
    ann.text.insert(1, 'fo');
    model.delta('f');
    await at.server.settle();
    expect(places(ann)).toEqual([]);
    model.delta('oo');
    await at.server.settle();
    expect(places(ann)).toEqual([[3, 'o']]);
    model.delta(' bar');
    model.done();
    await at.server.settle();
    expect(places(ann)).toEqual([[3, 'o bar']]);
    ann.text.insert(3, 'x');
    await at.server.settle();
    expect(ann.suggestions.mine).toBeUndefined();
  });

  it('CMP-20: a late opener is shown what stands, and the rest as it comes', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'one');
    const cem = await at.opened('cem');
    expect(places(cem.provider)).toEqual([[3, 'one']]);
    model.delta(' two');
    model.done();
    await at.server.settle();
    expect(cem.provider.suggestions.list).toMatchObject([{ text: 'one two', isDone: true, userId: 'ann' }]);
    model.close('rejected', 'ann');
    await at.server.settle();
    expect(places(cem.provider)).toEqual([]);
  });

  it('CMP-20: others see what came before a hole, and the whole with its end', async () => {
    const { ann, bea } = await room('abc');
    const model = await suggested(ann, 3, 'one');
    const [, line] = [...model.document.sessions.keys()];
    const { tell } = line!;
    line!.tell = () => {};
    model.delta(' two');
    line!.tell = tell;
    model.delta(' three');
    await at.server.settle();
    expect([places(ann), places(bea)]).toEqual([[[3, 'one two three']], [[3, 'one']]]);
    model.done();
    await at.server.settle();
    expect(places(bea)).toEqual([[3, 'one two three']]);
  });

  it('CMP-20: what ended while one was away is gone after the reconnect', async () => {
    const { ann, bea } = await room('abc');
    const model = await suggested(ann, 3, 'one');
    model.done();
    await at.server.settle();
    at.cutAll();
    expect(places(bea)).toEqual([[3, 'one']]);
    model.close('expired', null);
    at.clock.advance(3_000);
    await at.server.settle();
    expect([places(ann), places(bea)]).toEqual([[], []]);
    expect(resolved()).toEqual([]);
  });

  it('CMP-20: is not shown once the server takes it back', async () => {
    const { ann, bea } = await room('abc');
    const model = await suggested(ann, 3, 'one');
    model.retract('filtered');
    await at.server.settle();
    expect([places(ann), places(bea), resolved()]).toEqual([[], [], []]);
  });

  it('CMP-20: tells of a change once for all of a tick, and not when nothing changed', async () => {
    const { ann } = await room('one\n\ntwo');
    await suggested(ann, 3, 'x');
    const heard: unknown[] = [];
    ann.suggestions.on('change', (list) => heard.push(list.map(({ offset, text }) => [offset, text])));
    ann.text.insert(0, 'a\n');
    ann.text.insert(0, 'b\n');
    await at.server.settle();
    ann.text.insert(ann.text.length, 'behind');
    await at.server.settle();
    expect(heard).toEqual([[[7, 'x']]]);
  });
});

describe('accepting', () => {
  const provenance = (model: { completionId: string }, doc: Y.Doc, clock: number, length: number) => ({
    completionId: model.completionId,
    client: doc.clientID,
    clock,
    length,
  });

  it('CMP-21: is for the asker alone; others, the same user in another window too, only see it', async () => {
    const { ann, bea } = await room('abc');
    const window = await at.opened('ann');
    const model = await suggested(ann, 3, 'foo');
    model.done();
    await at.server.settle();
    for (const other of [bea, window.provider]) {
      const [seen] = other.suggestions.list;
      expect(seen).toMatchObject({ userId: 'ann', isMine: false, text: 'foo' });
      expect(other.suggestions.mine).toBeUndefined();
      expect(seen!.accept()).toBeUndefined();
      seen!.dismiss();
      seen!.cycle(1);
    }
    await at.server.settle();
    expect(at.document.text).toBe('abc');
    expect(places(bea)).toEqual([[3, 'foo']]);
    expect(resolved()).toEqual([]);
  });

  it('CMP-22: is an ordinary edit, whose update names the structs that hold the text', async () => {
    const { ann, bea } = await room('abc');
    const model = await suggested(ann, 3, 'd\u{1F600}');
    model.done();
    await at.server.settle();
    const origins: unknown[] = [];
    ann.text.observe((_event, { origin }) => origins.push(origin));
    ann.text.insert(0, '-');
    expect(ann.suggestions.mine).toBeUndefined();
    ann.text.delete(0, 1);
    const taken = ann.suggestions.mine!.accept();
    ann.text.insert(0, '+');
    expect(taken).toEqual({ from: 3, to: 6 });
    await at.server.settle();
    expect(at.document.text).toBe('+abcd\u{1F600}');
    expect(origins[2]).toEqual({ type: 'completion', completionId: model.completionId });
    // 'abc' and '-' are clocks 0 to 3.
    const said = provenance(model, ann.doc, 4, 3);
    expect(at.asked('document:update').map((body) => body.provenance)).toStrictEqual([
      undefined,
      undefined,
      said,
      undefined,
    ]);
    expect(resolved()).toEqual([
      { completionId: model.completionId, outcome: 'accepted', acceptedLength: 3, alternative: 0 },
    ]);
    expect([places(ann), places(bea)]).toEqual([[], []]);
  });

  it('CMP-22: holds over a lost connection, and is resolved once the edit is stored', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'def');
    model.done();
    await at.server.settle();
    at.cutAll();
    ann.text.insert(0, '\n');
    ann.suggestions.mine!.accept();
    ann.text.insert(0, '\n');
    await at.server.settle();
    expect(resolved()).toEqual([]);
    at.clock.advance(3_000);
    await at.server.settle();
    expect(at.document.text).toBe('\n\nabcdef');
    expect(at.document.provenance).toEqual([provenance(model, ann.doc, 4, 3)]);
    expect(resolved()).toMatchObject([{ outcome: 'accepted' }]);
    const last = at.server.requests.map(({ event }) => event);
    expect(last.lastIndexOf('document:update')).toBeLessThan(last.indexOf('completion:resolve'));
  });

  it.each(outboxes(browser))('CMP-22: holds over a reload, with the outbox in %s', async (_name, make) => {
    const outbox = make();
    const { client, provider } = await at.opened('ann', outbox);
    await breath(at);
    provider.text.insert(0, 'abc');
    await at.server.settle();
    const model = await suggested(provider, 3, 'def');
    model.done();
    await at.server.settle();
    at.cutAll();
    provider.suggestions.mine!.accept();
    provider.text.insert(0, 'x');
    const said = provenance(model, provider.doc, 3, 3);
    const closing = client.close();
    await breath(at);
    await closing;
    const next = await at.opened('ann', outbox);
    await breath(at);
    expect(next.provider.text.toString()).toBe('xabcdef');
    expect(at.document.text).toBe('xabcdef');
    expect(at.document.provenance).toEqual([said]);
    await next.client.close();
    await breath(at);
  });

  it('CMP-22: holds in the answer to a gap, for each of several', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'defghi');
    model.done();
    await at.server.settle();
    const stateVector = Y.encodeStateVector(at.document.committed);
    at.server.refuseNext('document:update', { code: 'gap_resync', details: { stateVector, seq: at.document.seq } });
    ann.suggestions.mine!.accept(2);
    ann.suggestions.mine!.accept(1);
    ann.suggestions.mine!.accept();
    ann.text.insert(0, '-');
    await at.server.settle();
    expect(at.document.text).toBe('-abcdefghi');
    expect(ann.saved).toBe(true);
    expect(at.asked('document:update').some(({ resync }) => resync)).toBe(true);
    expect(at.document.provenance.slice(-3)).toEqual([
      provenance(model, ann.doc, 3, 2),
      provenance(model, ann.doc, 5, 1),
      provenance(model, ann.doc, 6, 3),
    ]);
  });

  it('CMP-22: part of it may be taken; what is given up then counts as accepted', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'one \u{1F600} two');
    expect(ann.suggestions.mine!.accept(4)).toEqual({ from: 3, to: 7 });
    expect(places(ann)).toEqual([[7, '\u{1F600} two']]);
    expect(ann.suggestions.mine!.accept(1)).toEqual({ from: 7, to: 9 });
    expect(ann.suggestions.mine!.accept(0)).toBeUndefined();
    await at.server.settle();
    expect(at.document.provenance).toEqual([provenance(model, ann.doc, 3, 4), provenance(model, ann.doc, 7, 2)]);
    ann.suggestions.mine!.dismiss();
    await at.server.settle();
    expect(resolved()).toMatchObject([{ outcome: 'accepted', acceptedLength: 6 }]);
  });

  it('CMP-22: within a transaction of the editor the names are right, too', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'def');
    model.done();
    await at.server.settle();
    const { mine } = ann.suggestions;
    ann.doc.transact(() => {
      ann.text.insert(0, 'x\n');
      mine!.accept();
    });
    await at.server.settle();
    expect(at.document.text).toBe('x\nabcdef');
    expect(at.document.provenance).toEqual([provenance(model, ann.doc, 5, 3)]);
  });

  it('CMP-22: one that stands there no more is not accepted', async () => {
    const { ann } = await room('abc');
    await suggested(ann, 3, 'def');
    const mine = ann.suggestions.mine as Suggestion;
    ann.text.insert(3, 'x');
    expect(mine.accept()).toBeUndefined();
    ann.text.delete(3, 1);
    expect(mine.accept()).toEqual({ from: 3, to: 6 });
    expect(mine.accept()).toBeUndefined();
  });
});

describe('alternatives', () => {
  it('CMP-20: are chosen by the asker; what is typed chooses, too, until it is taken back', async () => {
    const { ann, bea } = await room('abc');
    const model = await suggested(ann, 3, 'foo', 'bar', '', 'far');
    model.done();
    await at.server.settle();
    expect(ann.suggestions.mine).toMatchObject({ alternative: 0, alternatives: 3, text: 'foo' });
    ann.suggestions.mine!.cycle(-1);
    expect(ann.suggestions.mine).toMatchObject({ alternative: 3, text: 'far' });
    ann.suggestions.mine!.cycle(1);
    ann.suggestions.mine!.cycle(1);
    expect(ann.suggestions.mine).toMatchObject({ alternative: 1, text: 'bar' });
    ann.text.insert(3, 'f');
    expect(ann.suggestions.mine).toMatchObject({ alternative: 0, alternatives: 2, text: 'oo' });
    ann.text.delete(3, 1);
    expect(ann.suggestions.mine).toMatchObject({ alternative: 1, text: 'bar' });
    await at.server.settle();
    expect(bea.suggestions.list).toMatchObject([{ alternative: 0, text: 'foo' }]);
    ann.suggestions.mine!.accept();
    await at.server.settle();
    expect(resolved()).toMatchObject([{ outcome: 'accepted', alternative: 1 }]);
    expect(at.document.text).toBe('abcbar');
  });
});

describe('the end of a suggestion', () => {
  it.each<[string, (mine: Suggestion, provider: DocumentProvider) => void, object]>([
    ['declined', (mine) => mine.dismiss(), { outcome: 'rejected', alternative: 0 }],
    ['left', (mine) => mine.dismiss('ignored'), { outcome: 'ignored', alternative: 0 }],
    ['typed', (_mine, { text }) => text.insert(3, 'def'), { outcome: 'ignored', alternative: 0 }],
    ['typed over', (_mine, { text }) => text.insert(3, 'x'), { outcome: 'ignored', alternative: 0 }],
  ])('CMP-27: is told once: %s', async (_name, end, outcome) => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'def');
    model.done();
    await at.server.settle();
    const mine = ann.suggestions.mine!;
    end(mine, ann);
    await at.server.settle();
    mine.dismiss();
    ann.complete();
    await at.server.settle();
    await at.reconnect();
    expect(resolved()).toEqual([{ completionId: model.completionId, ...outcome }]);
  });

  it('CMP-27: is not told of what was never shown', async () => {
    const { ann } = await room('abc');
    const stream = ann.complete();
    await at.server.settle();
    ann.text.insert(0, 'x');
    await at.server.settle();
    expect(stream.status).toBe('cancelled');
    const empty = await suggested(ann, 4);
    empty.done();
    await at.server.settle();
    expect(resolved()).toEqual([]);
    expect(at.asked('completion:cancel')).toHaveLength(1);
  });

  it('CMP-27: an acceptance is told behind its edit when the document is closed at once', async () => {
    const { ann } = await room('abc');
    const model = await suggested(ann, 3, 'def');
    model.done();
    await at.server.settle();
    ann.suggestions.mine!.accept();
    await ann.destroy();
    await at.server.settle();
    const events = at.server.requests.map(({ event }) => event).filter((event) => event !== 'awareness:update');
    expect(events.slice(-3)).toEqual(['document:update', 'completion:resolve', 'document:close']);
    expect(at.document.text).toBe('abcdef');
  });

  it('CMP-27: is told when the document is closed, and not when the server ended it', async () => {
    const { ann } = await room('abc');
    const first = await suggested(ann, 3, 'def');
    first.done();
    first.close('expired', null);
    await at.server.settle();
    await suggested(ann, 3, 'ghi');
    await ann.destroy();
    await at.server.settle();
    expect(resolved()).toMatchObject([{ outcome: 'ignored' }]);
    expect(first.resolved).toBeUndefined();
  });
});

it('a document that began anew has none of the old suggestions', async () => {
  const { ann, bea } = await room('abc');
  const model = await suggested(ann, 3, 'def');
  at.document.restore(0, true);
  await at.server.settle();
  expect([places(ann), places(bea)]).toEqual([[], []]);
  expect(at.asked('completion:cancel')).toEqual([{ completionId: model.completionId }]);
});
