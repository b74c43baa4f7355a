import { describe, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '@tandem/protocol/testing';
import { Vocabulary } from './vocabulary.js';

const randomText = (random: SeededRandom) =>
  Array.from({ length: 1 + random.integer(5) }, () => random.pick(['a', 'b', 'B', '_', 'é', '1'])).join('');

const beginning = (vocabulary: Vocabulary, prefix: string) => {
  const found: string[] = [];
  vocabulary.beginning(prefix, (id) => found.push(vocabulary.text(id)));
  return found.sort();
};

describe('Vocabulary', () => {
  it('finds the texts in use that begin so, each once, as they come and go', async () => {
    await withSeeds(20, async (random) => {
      const vocabulary = new Vocabulary();
      const uses = new Map<string, number>();
      // More texts than are looked through unsorted, and so many out of use that their room is given out again.
      for (let round = 0; round < 12; round++) {
        for (let i = 0; i < 300; i++) {
          const text = randomText(random);
          vocabulary.retain(text);
          uses.set(text, (uses.get(text) ?? 0) + 1);
        }
        for (const [text, count] of uses) {
          if (random.chance(0.5)) continue;
          const id = vocabulary.retain(text);
          for (let i = 0; i <= count; i++) vocabulary.release(id);
          uses.delete(text);
        }
        vocabulary.compact();
        const prefix = randomText(random).slice(0, random.integer(3));
        const expected = [...uses.keys()].filter((text) => text.startsWith(prefix)).sort();
        expect(beginning(vocabulary, prefix)).toEqual(expected);
      }
    });
  });

  it('keeps the order when numbers are given out again', () => {
    const vocabulary = new Vocabulary();
    const numbered = (name: string) => Array.from({ length: 5000 }, (_, i) => `${name}${i}`);
    vocabulary.retain('kept');
    for (const name of ['first', 'second', 'third']) {
      const ids = numbered(name).map((text) => vocabulary.retain(text));
      expect(beginning(vocabulary, `${name}499`)).toHaveLength(11);
      for (const id of ids) vocabulary.release(id);
      vocabulary.compact();
    }
    expect(beginning(vocabulary, '')).toEqual(['kept']);
    expect(vocabulary.bytes).toBeLessThan(600_000);
  });
});
