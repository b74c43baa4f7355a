import { beforeEach, describe, expect, it } from '@jest/globals';
import { TandemError } from '../../errors.js';
import { breathe, ManualClock } from '../../testing/index.js';
import { AutoComplete } from './auto-complete.js';
import type { CompletionOutcome } from './completion-stream.js';
import type { CompleteOptions } from './completions.js';
import { TypingPause } from './typing-pause.js';

/** A document of which the test says what it is, with a record of what was asked. */
class FakeProvider {
  canEdit = true;
  synced = true;
  text = '';
  suggestions: { mine: { offset: number; dismiss: (outcome?: string) => void } | undefined } = { mine: undefined };
  readonly asked: CompleteOptions[] = [];
  readonly ends: string[] = [];
  answer: Promise<CompletionOutcome> = new Promise(() => {});

  complete(options: CompleteOptions) {
    const n = this.asked.push(options);
    return { done: this.answer, cancel: () => void this.ends.push(`cancel ${n}`) };
  }
  /** The own suggestion stands at `offset`. */
  suggest(offset: number) {
    const dismiss = (outcome?: string) => void this.ends.push(`dismiss ${outcome}`);
    this.suggestions.mine = { offset, dismiss };
  }
}

let clock: ManualClock;
let provider: FakeProvider;
let auto: AutoComplete<FakeProvider>;
beforeEach(() => {
  clock = new ManualClock();
  provider = new FakeProvider();
  auto = new AutoComplete({ provider, clock });
});
const type = (text: string, everyMs = 150) => {
  for (const character of text) {
    clock.advance(everyMs);
    provider.text += character;
    auto.typed(provider.text.length);
  }
};
const asked = () => provider.asked.map(({ index }) => index);

describe('AutoComplete', () => {
  it('CMP-23: asks once the user pauses, at the caret', () => {
    auto = new AutoComplete({ provider, clock, model: 'big', count: 3 });
    type('const a = ', 100);
    expect(asked()).toEqual([]);
    clock.advance(125);
    expect(provider.asked).toEqual([{ index: 10, trigger: 'automatic', model: 'big', count: 3 }]);
    clock.advance(10_000);
    expect(provider.asked).toHaveLength(1);
    type('foo', 100);
    clock.advance(150);
    expect(provider.asked).toHaveLength(1);
    clock.advance(150);
    expect(provider.asked).toHaveLength(2);
  });

  it('CMP-23: does not ask while the own suggestion still fits where the user types', () => {
    type('con');
    clock.advance(300);
    provider.suggest(4);
    type('s');
    clock.advance(300);
    provider.suggest(5);
    type('t');
    clock.advance(300);
    expect(asked()).toEqual([3]);
    // All of it is typed, or something else was.
    provider.suggestions.mine = undefined;
    type(' ');
    clock.advance(300);
    expect(asked()).toEqual([3, 6]);
  });

  it('CMP-23: asks where the caret is when the own suggestion stands elsewhere', () => {
    provider.suggest(40);
    type('a ');
    clock.advance(300);
    expect(asked()).toEqual([2]);
  });

  it.each<[string, () => void]>([
    ['who may not write', () => Object.assign(provider, { canEdit: false })],
    ['without a connection', () => Object.assign(provider, { synced: false })],
    ['switched off', () => Object.assign(auto, { enabled: false })],
  ])('does not ask for somebody %s', (_name, make) => {
    make();
    type('abc ');
    clock.advance(300);
    expect(asked()).toEqual([]);
  });

  it.each([
    ['inside of a word', 'foobar', 3, []],
    ['inside of a word of another script', 'слово', 2, []],
    ['at the end of a word', 'foo bar', 3, [3]],
    ['before a word', 'foo bar', 4, [4]],
    ['before a bracket', 'foo()', 4, [4]],
    ['beyond a text that others shortened', 'foo', 9, []],
  ])('%s', (_name, text, index, expected) => {
    provider.text = text;
    auto.typed(index);
    clock.advance(300);
    expect(asked()).toEqual(expected);
  });

  it('asks where the caret is by then, when others write before it', () => {
    provider.text = 'foo ';
    let caret = 4;
    auto.typed(() => caret);
    provider.text = 'by others: foo ';
    caret = 15;
    clock.advance(300);
    expect(asked()).toEqual([15]);
  });

  it('CMP-26: a caret that goes elsewhere gives up what was asked and what is shown', () => {
    type('foo ');
    clock.advance(300);
    auto.moved(4);
    expect(provider.ends).toEqual([]);
    provider.suggest(4);
    auto.moved(2);
    expect(provider.ends).toEqual(['cancel 1', 'dismiss ignored']);
    type('x');
    auto.moved(undefined);
    clock.advance(300);
    expect(asked()).toEqual([4]);
  });

  it('CMP-26: asks at once when the user wants one; nothing more when it is destroyed', () => {
    type('fo');
    auto.ask(2);
    clock.advance(300);
    expect(provider.asked).toEqual([{ index: 2, trigger: 'manual' }]);
    type('o');
    auto.destroy();
    clock.advance(300);
    expect(provider.ends).toEqual(['cancel 1']);
    expect([asked(), clock.waiting]).toEqual([[2], 0]);
  });

  const outcome = (retryAt: number | null): CompletionOutcome => ({
    outcome: 'failed',
    texts: [],
    model: 'big',
    usage: { promptTokens: 0, completionTokens: 0, estimated: true },
    unavailable: { reason: 'rate_limited', message: 'Too many', retryAt },
  });

  it.each<[string, (now: number) => Promise<CompletionOutcome>, number]>([
    ['the model is not available', async (now) => outcome(now + 20_000), 2],
    ['nobody knows for how long', async () => outcome(null), 4],
    ['there were too many', async () => Promise.reject(new TandemError('rate_limited', '', undefined, 20_000)), 2],
    ['it is forbidden for now', async () => Promise.reject(new TandemError('forbidden')), 4],
    ['the server knows none', async () => Promise.reject(new TandemError('unknown_message')), 1],
  ])('asks again when it is worth it: %s', async (_name, answer, times) => {
    provider.answer = answer(clock.now());
    provider.answer.catch(() => {});
    for (const wait of [300, 10_000, 20_000, 300]) {
      type(' ');
      clock.advance(wait);
      await breathe();
    }
    expect(provider.asked).toHaveLength(times);
  });
});

describe('TypingPause', () => {
  const settled = (everyMs: number) => {
    const pause = new TypingPause();
    for (let i = 0; i < 50; i++) pause.after(i * everyMs);
    const { behindWord, inWord } = pause.after(50 * everyMs);
    return [Math.round(behindWord), Math.round(inWord)];
  };

  it('is longer than the keys of this user are apart, within bounds, and shorter after a word', () => {
    expect(settled(100)).toEqual([120, 180]);
    expect(settled(30)).toEqual([75, 75]);
    expect(settled(400)).toEqual([300, 300]);
  });

  it('does not take thinking for typing', () => {
    const pause = new TypingPause();
    const first = pause.after(0);
    expect(pause.after(60_000)).toEqual(first);
  });
});
