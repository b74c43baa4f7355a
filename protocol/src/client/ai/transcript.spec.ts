import { describe, expect, it } from '@jest/globals';
import { Transcript } from './transcript.js';

const delta = (attempt: number, index: number, text: string, alternative = 0) => ({
  completionId: 'c',
  documentId: 'd',
  attempt,
  index,
  alternative,
  text,
});

describe('Transcript', () => {
  it('CMP-25: takes each delta once, in order, for each alternative', () => {
    const transcript = new Transcript();
    expect(transcript.delta(delta(1, 0, 'a'))).toBe('taken');
    expect(transcript.delta(delta(1, 1, 'x', 1))).toBe('taken');
    expect(transcript.delta(delta(1, 0, 'a'))).toBe('known');
    expect(transcript.delta(delta(1, 2, 'b'))).toBe('taken');
    expect(transcript.texts).toEqual(['ab', 'x']);
    expect(transcript.deltas.map(({ text }) => text)).toEqual(['a', 'x', 'b']);
  });

  it('CMP-25: ignores another attempt, until a restart voids what came', () => {
    const transcript = new Transcript();
    transcript.delta(delta(1, 0, 'old'));
    expect(transcript.delta(delta(2, 1, 'early'))).toBe('known');
    expect(transcript.restarted(2)).toBe(true);
    expect(transcript.texts).toEqual([]);
    expect(transcript.delta(delta(1, 1, 'late'))).toBe('known');
    transcript.delta(delta(2, 0, 'new'));
    expect(transcript.restarted(2)).toBe(false);
    expect(transcript.restarted(1)).toBe(false);
    expect(transcript.texts).toEqual(['new']);
  });

  it('CMP-25: nothing comes after done, whose texts count', () => {
    const transcript = new Transcript();
    transcript.delta(delta(1, 0, 'foo  '));
    expect(transcript.done(['foo'])).toBe(true);
    expect(transcript.delta(delta(1, 1, 'bar'))).toBe('known');
    expect(transcript.restarted(2)).toBe(false);
    expect(transcript.done(['other'])).toBe(false);
    expect(transcript.texts).toEqual(['foo']);
  });

  it('CMP-25: leaves out what comes behind a hole, until what is missing has come', () => {
    const transcript = new Transcript();
    transcript.delta(delta(3, 0, 'a'));
    expect(transcript.delta(delta(3, 2, 'c'))).toBe('hole');
    expect(transcript.texts).toEqual(['a']);
    transcript.delta(delta(3, 1, 'b'));
    transcript.delta(delta(3, 2, 'c'));
    expect(transcript.texts).toEqual(['abc']);
  });
});
