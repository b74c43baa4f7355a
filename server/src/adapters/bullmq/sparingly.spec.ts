import { describe, expect, it } from '@jest/globals';
import { sparingly } from './sparingly.js';

describe('sparingly', () => {
  it('passes a message on once in a while, and others beside it', () => {
    const told: unknown[] = [];
    const report = sparingly((error) => told.push(String(error)));
    for (let round = 0; round < 10; round++) {
      report(new Error('one'));
      report(new Error('two'));
      report('three');
    }
    expect(told).toEqual(['Error: one', 'Error: two', 'three']);
  });

  it('does not throw, whatever it is told and whatever is thrown at it', () => {
    const report = sparingly(() => {
      throw new Error('no');
    });
    for (const error of [undefined, null, {}, new Error('')]) expect(() => report(error)).not.toThrow();
  });
});
