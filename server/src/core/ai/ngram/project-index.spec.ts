import { describe, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '@tandem/protocol/testing';
import { ProjectIndex } from './project-index.js';
import { BOUNDARY } from './token-store.js';
import { Vocabulary } from './vocabulary.js';

const DEPTH = 4;
const WORDS = ['a', 'b', 'f', '(', ')', ' ', '\n', '  ', '\n    ', 'long_name'];

class Project {
  readonly vocabulary = new Vocabulary();
  readonly index = new ProjectIndex(this.vocabulary, DEPTH, 10_000);

  /** What stands where after what, in the order of the index. */
  places(): string[] {
    const { store, index } = this.index;
    return Array.from(index.order.subarray(0, index.size), (node) => {
      const context: string[] = [];
      for (let before = store.previous[node]!, i = 0; i < DEPTH; before = store.previous[before]!, i++) {
        context.push(before === BOUNDARY ? '^' : this.vocabulary.text(store.symbols[before]!));
      }
      return JSON.stringify([context, this.vocabulary.text(store.symbols[node]!)]);
    });
  }
}

const built = (texts: ReadonlyMap<string, string>) => {
  const project = new Project();
  for (const [id, text] of texts) project.index.set(id, text);
  return project;
};

const randomText = (random: SeededRandom, length: number) =>
  Array.from({ length: random.integer(length) }, () => random.pick(WORDS)).join('');

describe('ProjectIndex', () => {
  it('holds after any edits what one that is built of the last texts holds, equal contexts side by side', async () => {
    await withSeeds(40, async (random) => {
      const texts = new Map<string, string>();
      const project = new Project();
      for (let step = 0; step < 60; step++) {
        const id = `${random.integer(4)}`;
        const old = texts.get(id) ?? '';
        const at = random.integer(old.length + 1);
        const text = old.slice(0, at) + randomText(random, 6) + old.slice(at + random.integer(8));
        if (random.chance(0.1)) {
          texts.delete(id);
          project.index.remove(id);
        } else {
          texts.set(id, text);
          project.index.set(id, text);
        }
      }
      const places = project.places();
      expect([...places].sort()).toEqual(built(texts).places().sort());
      const contexts = places.map((place) => JSON.stringify(JSON.parse(place)[0]));
      const runs = contexts.filter((context, i) => context !== contexts[i - 1]);
      expect(runs.length).toBe(new Set(runs).size);
    });
  });

  it('touches an edit and what follows it, not the whole document', () => {
    const project = new Project();
    const text = 'f(a, b)\n'.repeat(200);
    project.index.set('1', text);
    const before = Array.from(project.index.store.next.subarray(0, 50));
    project.index.set('1', `${text.slice(0, 800)}long_name ${text.slice(800)}`);
    expect(Array.from(project.index.store.next.subarray(0, 50))).toEqual(before);
    expect(project.index.tokens).toBe(built(new Map([['1', text]])).index.tokens + 2);
  });

  it('uses the room of what was taken out again', () => {
    const project = new Project();
    const text = 'f(a, b)\n'.repeat(100);
    project.index.set('1', text);
    const { bytes } = project.index;
    for (let i = 0; i < 20; i++) {
      project.index.remove('1');
      project.index.set('1', text);
    }
    expect(project.index.bytes).toBe(bytes);
  });

  it('does not learn from minified lines', () => {
    const project = new Project();
    project.index.set('1', `f(a)\n${'f(b);'.repeat(1000)}\nf(a)\n`);
    expect(project.places().some((place) => place.includes('"b"'))).toBe(false);
    expect(project.index.tokens).toBe(11);
  });
});
