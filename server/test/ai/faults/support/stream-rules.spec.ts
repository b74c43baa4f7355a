import { describe, expect, it } from '@jest/globals';
import { brokenRules, type Told } from './stream-rules.js';

const started: Told = { name: 'completion:started', body: {} };
const closed: Told = { name: 'completion:closed', body: {} };
const unavailable: Told = { name: 'ai:unavailable', body: {} };
const restarted = (attempt: number): Told => ({ name: 'completion:restarted', body: { attempt } });
const delta = (index: number, text: string, attempt = 1): Told => ({
  name: 'completion:delta',
  body: { attempt, index, alternative: 0, text },
});
const done = (outcome: string, ...texts: string[]): Told => ({
  name: 'completion:done',
  body: { outcome, texts, text: texts[0] ?? '' },
});

describe('the rules of a stream, by which the fault tests judge', () => {
  it.each([
    ['complete', [started, delta(0, 'a'), delta(1, 'b'), done('complete', 'ab'), closed]],
    ['begun anew', [started, delta(0, 'a'), restarted(2), delta(0, 'x', 2), done('complete', 'x')]],
    ['cancelled before it began', [done('cancelled'), closed]],
    ['failed in the middle', [started, delta(0, 'a'), unavailable, done('failed'), closed]],
  ])('finds nothing in one that is %s', (_, told) => {
    expect(brokenRules(told, 'asker')).toEqual([]);
  });

  it.each([
    ['a second done', [started, done('complete'), done('complete')], 'done twice'],
    ['two different ends', [started, done('cancelled'), done('complete')], 'done twice'],
    ['a delta after done', [started, done('cancelled'), delta(0, 'a')], 'completion:delta after done'],
    ['a restart after done', [started, done('complete'), restarted(2)], 'completion:restarted after done'],
    ['a hole', [started, delta(0, 'a'), delta(2, 'c'), done('complete', 'ac')], 'delta 2 where 1 is due'],
    ['a doubled delta', [started, delta(0, 'a'), delta(0, 'a'), done('complete', 'aa')], 'delta 0 where 1 is due'],
    ['attempts in one text', [started, delta(0, 'a'), delta(1, 'y', 2), done('complete', 'ay')], 'delta of 2 in 1'],
    [
      'the text of both attempts at the end',
      [started, delta(0, 'a'), restarted(2), delta(0, 'x', 2), done('complete', 'ax')],
      'done with ["ax"] after ["x"]',
    ],
    [
      'a restart that goes on with the old index',
      [started, delta(0, 'a'), restarted(2), delta(1, 'y', 2), done('complete', 'y')],
      'delta 1 where 0 is due',
    ],
    ['an attempt that comes back', [started, delta(0, 'a'), restarted(1), done('cancelled')], 'restarted as 1 after 1'],
    ['no end', [started, delta(0, 'a')], 'no done'],
    ['a delta before started', [delta(0, 'a'), started, done('cancelled')], 'delta before started'],
    ['closed before done', [started, closed, done('complete')], 'closed before done'],
    ['closed twice', [started, done('complete'), closed, closed], 'closed twice'],
    ['text that was cancelled', [started, delta(0, 'a'), done('cancelled', 'a')], 'text with cancelled'],
    ['a failure without a reason', [started, done('failed')], 'told 0 times why'],
    ['a reason without a failure', [started, unavailable, done('complete')], 'told 1 times why'],
    ['a reason that comes late', [started, done('failed'), unavailable], 'ai:unavailable after done'],
  ])('finds %s', (_, told, rule) => {
    expect(brokenRules(told, 'asker')).toContainEqual(expect.stringContaining(rule));
  });

  it('finds that others were told why there is no answer', () => {
    expect(brokenRules([started, unavailable, done('failed')], 'other')).toHaveLength(1);
  });
});
