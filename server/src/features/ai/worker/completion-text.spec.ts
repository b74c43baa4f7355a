import { describe, expect, it } from '@jest/globals';
import type { CompletionPrompt } from '../../../core/ai/model-provider.js';
import { CompletionText } from './completion-text.js';

const prompt: CompletionPrompt = {
  projectId: '',
  documentId: '',
  path: 'a.ts',
  prefix: 'const a = ',
  suffix: '\n',
  snippets: [],
  instructions: '',
  trigger: 'manual',
  alternatives: 2,
  lines: 'single',
  maxTokens: 64,
};

function read(...pieces: [number, string][]) {
  const shown: string[] = ['', ''];
  const text = new CompletionText(prompt, prompt, (alternative, piece) => {
    shown[alternative] += piece;
  });
  const verdicts = pieces.map(([alternative, piece]) => text.take({ type: 'text', alternative, text: piece }));
  return { shown, verdicts, ...text.finish() };
}

describe('CompletionText', () => {
  it('has enough when every alternative has come to its end', () => {
    const { verdicts, texts, shown } = read([0, 'one;\n'], [1, 'two'], [0, 'more'], [1, ';\nmore'], [1, 'after']);
    expect(verdicts).toEqual(['more', 'more', 'more', 'enough', 'enough']);
    expect(texts).toEqual(['one;', 'two;']);
    expect(shown).toEqual(texts);
  });

  it('keeps the place of an alternative that says what another said, and ends without those that say nothing', () => {
    expect(read([0, 'same;'], [1, 'same;']).texts).toEqual(['same;']);
    expect(read([0, ' '], [1, 'some;']).texts).toEqual(['', 'some;']);
    expect(read([0, '  '], [1, '\n\n'])).toMatchObject({ texts: [], isRetracted: false });
  });

  it('takes no alternative that nobody asked for', () => {
    expect(read([7, 'x']).texts).toEqual([]);
  });

  it('counts by itself when the model does not say, and says so', () => {
    expect(read([0, 'abcdefgh']).usage).toEqual({ promptTokens: 3, completionTokens: 2, estimated: true });
    const told = new CompletionText(prompt, prompt, () => undefined);
    told.take({ type: 'usage', promptTokens: 9, completionTokens: 1 });
    expect(told.finish().usage).toEqual({ promptTokens: 9, completionTokens: 1, estimated: false });
  });
});
