import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Harness } from '../../../test/harness.js';
import type { FakeFinding } from '../../testing/index.js';
import type { DocumentProvider } from '../index.js';

let at: Harness;
beforeEach(() => {
  at = new Harness();
});
afterEach(() => at.dispose());

const room = async (text: string) => {
  const ann = await at.opened('ann');
  ann.provider.text.insert(0, text);
  await at.server.settle();
  const bea = await at.opened('bea');
  return { ann: ann.provider, bea: bea.provider, annsClient: ann.client };
};
const found = async (findings: readonly FakeFinding[], source = 'lint', seq?: number) => {
  at.server.ai.diagnose(at.document, source, findings, seq);
  await at.server.settle();
};
const ranges = ({ diagnostics }: DocumentProvider) => diagnostics.list.map(({ from, to }) => [from, to]);
const messages = ({ diagnostics }: DocumentProvider) => diagnostics.list.map(({ message }) => message);

describe('results', () => {
  it('ANA-10: replace what the same source said, and nothing of another', async () => {
    const { ann, bea } = await room('one two three');
    await found([{ from: 4, to: 7, message: 'a', severity: 1, code: 'no-two' }]);
    await found([{ from: 0, to: 3, message: 'b' }], 'spell');
    expect(ann.diagnostics.list).toEqual([
      { from: 0, to: 3, message: 'b', severity: 2, source: 'spell' },
      { from: 4, to: 7, message: 'a', severity: 1, source: 'lint', code: 'no-two' },
    ]);
    await found([{ from: 8, to: 13, message: 'c' }]);
    expect(messages(bea)).toEqual(['b', 'c']);
    await found([]);
    expect(messages(ann)).toEqual(['b']);
  });

  it('ANA-10: of an older state are ignored, those of the same state are not', async () => {
    const { ann } = await room('one');
    ann.text.insert(3, ' two');
    await at.server.settle();
    await found([{ from: 4, to: 7, message: 'new' }]);
    await found([{ from: 0, to: 3, message: 'old' }], 'lint', 1);
    expect(messages(ann)).toEqual(['new']);
    await found([{ from: 0, to: 3, message: 'again' }]);
    expect(messages(ann)).toEqual(['again']);
  });

  it('ANA-10: go with the document that they speak of, and a new one counts anew', async () => {
    const { ann } = await room('one');
    ann.text.insert(3, ' two');
    await at.server.settle();
    await found([{ from: 0, to: 3, message: 'a' }]);
    at.document.restore(1, true);
    await at.server.settle();
    expect([ann.text.toString(), messages(ann)]).toEqual(['one', []]);
    await found([{ from: 0, to: 1, message: 'b' }]);
    expect(messages(ann)).toEqual(['b']);
  });

  it('ANA-10: that do not decode change nothing, and are told', async () => {
    const { ann, annsClient } = await room('one');
    await found([{ from: 0, to: 3, message: 'a' }]);
    const errors: unknown[] = [];
    annsClient.on('error', (error) => errors.push(error));
    const [connection] = at.server.connections;
    const { tell } = connection!;
    connection!.tell = (event, body) => {
      const [first] = (body as { diagnostics: { anchor: object }[] }).diagnostics;
      first!.anchor = { start: 'AA==', end: 'AA==' };
      tell.call(connection, event, body);
    };
    await found([{ from: 0, to: 3, message: 'b' }]);
    expect([messages(ann), errors.length]).toEqual([['a'], 1]);
  });
});

describe('ranges', () => {
  it('ANA-11: move with the text, whoever writes', async () => {
    const { ann, bea } = await room('one two three');
    await found([{ from: 4, to: 7, message: 'a' }]);
    bea.text.insert(0, 'zero ');
    bea.text.insert(bea.text.length, ' four');
    await at.server.settle();
    expect([ranges(ann), ranges(bea)]).toEqual([[[9, 12]], [[9, 12]]]);
    ann.text.delete(0, 8);
    expect(ranges(ann)).toEqual([[1, 4]]);
  });

  it('ANA-11: hold what was written into them, not what was written at their edges', async () => {
    const { ann } = await room('one two three');
    await found([{ from: 4, to: 7, message: 'a' }]);
    ann.text.insert(7, '>');
    ann.text.insert(5, '..');
    ann.text.insert(4, '<');
    expect(ann.text.toString()).toBe('one <t..wo> three');
    expect(ranges(ann)).toEqual([[5, 10]]);
  });

  it('ANA-11: shrink to what is left of them, and go with the last of it', async () => {
    const { ann, bea } = await room('one two three');
    await found([{ from: 4, to: 7, message: 'a' }]);
    ann.text.insert(5, 'X');
    ann.text.delete(4, 1);
    // What is left of 'two' is 'wo': the X came later.
    expect(ann.text.toString()).toBe('one Xwo three');
    expect(ranges(ann)).toEqual([[5, 7]]);
    ann.text.delete(5, 2);
    expect(ranges(ann)).toEqual([]);
    await at.server.settle();
    expect(ranges(bea)).toEqual([]);
  });

  it('ANA-11: tell the typist apart who goes on behind the range', async () => {
    // Yjs stores both in one struct: the range ends within it.
    const { ann } = await room('one');
    await found([{ from: 0, to: 3, message: 'a' }]);
    ann.text.insert(3, 'more');
    expect(ranges(ann)).toEqual([[0, 3]]);
    ann.text.delete(2, 1);
    expect(ranges(ann)).toEqual([[0, 2]]);
  });

  it.each([0, 2, 4])('ANA-11: a place between characters is shown while both stand (%i)', async (index) => {
    const { ann } = await room('abcd');
    await found([{ from: index, to: index, message: 'a' }]);
    expect(ranges(ann)).toEqual([[index, index]]);
    ann.text.insert(index, 'XY');
    expect(ranges(ann)).toEqual([[index, index]]);
    if (index > 0) ann.text.insert(0, '__');
    const moved = index > 0 ? index + 2 : 0;
    expect(ranges(ann)).toEqual([[moved, moved]]);
    ann.text.delete(index > 0 ? moved - 1 : 2, 1);
    expect(ranges(ann)).toEqual([]);
  });

  it('ANA-11: a change is told once for all of a tick, and not where there is nothing to show', async () => {
    const { ann, bea } = await room('abcd');
    let heard = 0;
    ann.diagnostics.on('change', () => {
      heard += 1;
    });
    ann.text.insert(0, 'x');
    await at.server.settle();
    expect(heard).toBe(0);
    await found([{ from: 0, to: 1, message: 'a' }]);
    expect(heard).toBe(1);
    bea.text.insert(0, 'x');
    bea.text.insert(0, 'x');
    await at.server.settle();
    expect(heard).toBe(2);
    expect(ann.diagnostics.list).toBe(ann.diagnostics.list);
  });

  it('ANA-11: wait for the text that was looked at', async () => {
    const { ann, bea } = await room('abcd');
    const [, connection] = at.server.connections;
    const told: [string, object][] = [];
    connection!.tell = (event, body) => void told.push([event, body as object]);
    ann.text.insert(4, 'x');
    await at.server.settle();
    await found([{ from: 0, to: 1, message: 'a' }]);
    const [edit, result] = told;
    bea.receive(result![0] as 'analysis:result', result![1] as never);
    expect([ranges(ann), ranges(bea)]).toEqual([[[0, 1]], []]);
    bea.receive(edit![0] as 'document:update', edit![1] as never);
    expect(ranges(bea)).toEqual([[0, 1]]);
  });
});
