import { describe, expect, it } from '@jest/globals';
import { patience } from '../../testing/patience.js';
import { pick, seeded } from '../../testing/yjs-edits.js';
import { diffText, type TextChange } from './text-diff.js';

function apply(text: string, changes: readonly TextChange[]): string {
  return [...changes]
    .reverse()
    .reduce((now, { index, remove, insert }) => now.slice(0, index) + insert + now.slice(index + remove), text);
}

const HALF = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

describe('diffText', () => {
  it.each<[string, string, string, TextChange[]]>([
    ['nothing where nothing differs', 'a\nb\n', 'a\nb\n', []],
    ['a line that is new', 'a\nc\n', 'a\nb\nc\n', [{ index: 2, remove: 0, insert: 'b\n' }]],
    ['a line that is gone', 'a\nb\nc', 'a\nc', [{ index: 2, remove: 2, insert: '' }]],
    ['the word of a line', 'let first = 1;\n', 'let second = 1;\n', [{ index: 4, remove: 5, insert: 'second' }]],
    [
      'a word that moved',
      'alpha gamma delta',
      'alpha beta gamma',
      [
        { index: 6, remove: 0, insert: 'beta ' },
        { index: 11, remove: 6, insert: '' },
      ],
    ],
    ['the part of a word', 'rename\n', 'renamed\n', [{ index: 6, remove: 0, insert: 'd' }]],
    [
      'both ends',
      'x\nmid\ny',
      'a\nmid\nb',
      [
        { index: 0, remove: 1, insert: 'a' },
        { index: 6, remove: 1, insert: 'b' },
      ],
    ],
    ['all of an empty text', '', 'a\n', [{ index: 0, remove: 0, insert: 'a\n' }]],
    ['all to an empty text', 'a\n', '', [{ index: 0, remove: 2, insert: '' }]],
    ['pairs of surrogates whole', 'a🙂b', 'a🙃b', [{ index: 1, remove: 2, insert: '🙃' }]],
  ])('finds %s', (_what, before, after, changes) => {
    expect(diffText(before, after)).toEqual(changes);
  });

  it('turns any text into any other, in order, and cuts no pair of surrogates', () => {
    const random = seeded(11);
    const PARTS = ['a', 'b', ' ', '\n', 'word', '🙂', '🙃', 'λ', '{', '}\n', '\n\n'];
    const text = (parts: number) => Array.from({ length: parts }, () => pick(random, PARTS)).join('');
    for (let round = 0; round < 2_000; round++) {
      const before = text(Math.floor(random() * 40));
      const cut = Math.floor(random() * before.length);
      const after =
        random() < 0.3 ? text(30) : before.slice(0, cut).replace(HALF, '') + text(4) + before.slice(cut + 3);
      if (HALF.test(after)) continue;
      const changes = diffText(before, after);
      expect(apply(before, changes)).toBe(after);
      for (const [i, { index, remove, insert }] of changes.entries()) {
        expect(remove + insert.length).toBeGreaterThan(0);
        expect(index).toBeGreaterThanOrEqual(i === 0 ? 0 : changes[i - 1]!.index + changes[i - 1]!.remove);
        expect(insert).not.toMatch(HALF);
        expect(before.slice(0, index)).not.toMatch(HALF);
      }
    }
  });

  it('touches little of a long text, and is done with one that differs in every line', () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} of many\n`);
    const before = lines.join('');
    lines[0] = 'the first\n';
    lines[25_000] = 'in the middle\n';
    lines.splice(40_000, 3);
    const began = performance.now();
    const changes = diffText(before, lines.join(''));
    expect(changes.reduce((sum, { remove, insert }) => sum + remove + insert.length, 0)).toBeLessThan(200);
    expect(apply(before, changes)).toBe(lines.join(''));
    const rewritten = Array.from({ length: 20_000 }, (_, i) => `other ${i * 7}\n`).join('');
    expect(apply(before, diffText(before, rewritten))).toBe(rewritten);
    // Patience over unique lines, without bounds, took 5 s for the first half of this.
    expect(performance.now() - began).toBeLessThan(4_000 * patience());
  });
});
