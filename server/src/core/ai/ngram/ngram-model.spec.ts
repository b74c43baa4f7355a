import { describe, expect, it } from '@jest/globals';
import { type SeededRandom, withSeeds } from '@tandem/protocol/testing';
import { type Caret, NgramModel, type NgramOptions } from './ngram-model.js';

const LINES = [
  'const total = items.reduce((sum, item) => sum + item.price, 0);',
  'export function priceOf(item) {',
  '  return item.price * item.amount;',
  '    if (item.price > limit) {',
  '      throw new RangeError("too dear");',
  '    }',
  '}',
  '',
  'logger.info("stored", { documentId, seq });',
  'await store.append(documentId, rows, fence);',
];

const OPEN = { documentId: 'open', path: 'open.ts', prefix: '', suffix: '' };

const ask = (model: NgramModel, caret: Partial<Caret>, alternatives = 3) =>
  model.complete({
    documentId: 'open',
    path: 'open.ts',
    prefix: '',
    suffix: '',
    ...caret,
    alternatives,
    maxTokens: 48,
  });
const first = (model: NgramModel, caret: Partial<Caret>) => ask(model, caret)[0]?.text;

const whole = (model: NgramModel, caret: Partial<Caret>) => ask(model, caret).filter((one) => one.isWholeLine);

const shop = (options?: NgramOptions) => {
  const model = new NgramModel(options);
  for (const id of ['a', 'b', 'c']) model.setDocument(id, `${id}.ts`, `// ${id}\n${LINES.join('\n')}\n`);
  return model;
};

describe('NgramModel', () => {
  it.each([
    ['a.ts', 'for (let i = 0; ', 'i < items.length; i++) {'],
    ['a.tsx', 'items.forEach((item, ', 'index) => {'],
    ['a.py', 'if __name__', ' == "__main__":'],
    ['a.css', '.a {\n  display: flex;\n  align-', 'items: center;'],
    ['a.html', '<!DOC', 'TYPE html>'],
    ['package.json', '{\n  "name": "app",\n  "vers', 'ion": "1.0.0",'],
  ])('knows idioms in an empty project: %s %j', (path, prefix, text) => {
    expect(first(new NgramModel(), { path, prefix })).toBe(text);
  });

  it('has no idioms of one language in another', () => {
    expect(ask(new NgramModel(), { path: 'a.py', prefix: '.a {\n  display: flex;\n  align-' })).toEqual([]);
  });

  it('completes a line as other documents of the project have it', () => {
    expect(first(shop(), { prefix: 'const sum = 1;\nawait store.append(' })).toBe('documentId, rows, fence);');
  });

  it('completes a half-typed word', () => {
    expect(first(shop(), { prefix: 'await store.app' })).toBe('end(documentId, rows, fence);');
  });

  it('completes a word that hardly ever follows what stands before it', () => {
    const model = new NgramModel();
    const common = Array.from({ length: 3000 }, (_, i) => `const value${i % 700} = common${i % 500}(value);\n`);
    model.setDocument('a', 'a.ts', common.join(''));
    model.setDocument('b', 'b.ts', 'const rows = 3;\nlet answer = createHarness(rows, { verbose: true });\nstop();\n');
    const caret = { prefix: 'const value1000 = createHa' };
    expect(first(model, caret)).toMatch(/^rness/);
    expect(model.wordsAt({ ...OPEN, prefix: 'x = createHa' }, 1)).toEqual(['createHarness']);
    model.setDocument('b', 'b.ts', 'const rows = 3;\nlet answer = createHandle(rows);\nstop();\n');
    expect(first(model, caret)).toMatch(/^ndle/);
    model.removeDocument('b');
    expect(ask(model, caret)).toEqual([]);
  });

  it('prefers the word that follows the context to the one that is most used', () => {
    const model = new NgramModel();
    model.setDocument(
      'a',
      'a.ts',
      `${'begin();\nprocess.start(a);\n'.repeat(50)}${'end();\nqueue.stop(b);\n'.repeat(5)}`,
    );
    const words = (prefix: string) => model.wordsAt({ ...OPEN, prefix }, 3);
    expect(words('x();\nqueue.st')[0]).toBe('stop');
    expect(words('x();\nprocess.st')[0]).toBe('start');
    expect(words('x();\n(st')[0]).toBe('start');
    expect(words('x();\nqueue.')).toEqual([]);
  });

  it('offers the beginning of a line that is certain when the rest is not', () => {
    const model = new NgramModel();
    const names = Array.from({ length: 12 }, (_, i) => `name${'abcdefghijkl'[i]}`);
    names.forEach((name, i) => {
      model.setDocument(name, `${name}.ts`, `open${i}();\nconst ${name} = repository.findOneOrFail(${name}, ${i});\n`);
    });
    const [beginning, ...others] = ask(model, { prefix: 'other();\nconst unheard = repository.find' });
    expect(others).toEqual([]);
    expect(beginning).toMatchObject({ text: 'OneOrFail', isWholeLine: false });
    expect(beginning?.probability).toBeGreaterThanOrEqual(0.5);
    // One character more is not worth showing.
    expect(ask(model, { prefix: 'other();\nconst unheard = repository.findOneOrFai' })).toEqual([]);
    const [line] = ask(shop(), { prefix: 'await store.app' });
    expect(line).toMatchObject({ isWholeLine: true });
  });

  it('learns from the open file, above the caret and below', () => {
    const line = 'registry.enroll(participant, { quietly: true });';
    const others = `${line}\nstart();\n${line}\nstop();\n`;
    const model = new NgramModel({ threshold: 0.05 });
    expect(first(model, { prefix: `${others}registry.` })).toBe(line.slice(9));
    expect(first(model, { prefix: 'registry.', suffix: `\nstop();\n${others}` })).toBe(line.slice(9));
    expect(whole(model, { prefix: 'registry.' })).toEqual([]);
  });

  it('indents relative to the line above', () => {
    const model = new NgramModel();
    const text = 'class A {\n  function f() {\n    begin(scope);\n    finish(scope);\n  }\n}\n';
    for (const id of ['a', 'b', 'c', 'd']) model.setDocument(id, `${id}.ts`, text);
    const deeper = '      function f() {\n';
    expect(first(model, { prefix: deeper })).toBe('        begin(scope);');
    expect(first(model, { prefix: `${deeper}        begin(scope);\n` })).toBe('        finish(scope);');
    expect(model.nextTokens({ ...OPEN, prefix: `${deeper}        finish(scope);\n` }, 1)).toEqual(['      ']);
  });

  it('does not take the stored text of the open document for another one that agrees', () => {
    const model = new NgramModel({ threshold: 0.05 });
    model.setDocument('open', 'open.ts', 'rarely.called(argument);\n');
    const caret = { prefix: 'rarely.' };
    expect(first(model, { ...caret, documentId: 'other' })).toBe('called(argument);');
    expect(whole(model, caret)).toEqual([]);
  });

  it('does not repeat what stands right of the caret', () => {
    expect(first(shop(), { prefix: 'await store.append(', suffix: ');' })).toBe('documentId, rows, fence');
  });

  it('says nothing inside a word', () => {
    expect(ask(shop(), { prefix: 'await store.app', suffix: 'end(documentId);' })).toEqual([]);
  });

  it('offers different lines, best first, none below its threshold', () => {
    const model = new NgramModel({ threshold: 0.2, alternativeThreshold: 0.05 });
    const colours = ['red', 'red', 'red', 'green', 'green', 'blue'];
    colours.forEach((colour, i) => {
      model.setDocument(`${i}`, `${i}.ts`, `paint(wall, "${colour}");\n`);
    });
    const completions = ask(model, { prefix: 'paint(wall, "' });
    expect(completions.map(({ text }) => text)).toEqual(['red");', 'green");', 'blue");']);
    const probabilities = completions.map(({ probability }) => probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    expect(probabilities[0]).toBeGreaterThanOrEqual(0.2);
    expect(probabilities[2]).toBeGreaterThanOrEqual(0.05);
    expect(ask(new NgramModel({ threshold: 1 }), { prefix: 'for (let i = 0; ' })).toEqual([]);
  });

  it('gives bounded, single, different lines for any text around the caret', async () => {
    const model = shop();
    model.setDocument('minified', 'm.js', `var a=${'x(1),'.repeat(100_000)}0;\n`);
    model.setDocument('same', 's.js', 'again();\n'.repeat(500));
    model.setDocument('long', 'l.js', `${'word '.repeat(180)}\n`.repeat(5));
    await withSeeds(60, async (random) => {
      const prefix =
        randomText(random).slice(0, random.integer(200)) + random.pick(['', 'again();\n', 'word word ', 'x(1),']);
      const completions = ask(model, { prefix, suffix: random.pick(['', '\n', ');\n}', '\nagain();']) });
      for (const { text } of completions) {
        expect(text.trim()).not.toBe('');
        expect(text).not.toMatch(/[\r\n]/);
        expect(text.length).toBeLessThanOrEqual(400);
      }
      expect(new Set(completions.map(({ text }) => text)).size).toBe(completions.length);
    });
  });

  it('is the same model after any edits as one that is built of the last texts', async () => {
    await withSeeds(12, async (random) => {
      const edited = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
      const texts = new Map<string, string>();
      for (let step = 0; step < 40; step++) {
        const id = `document ${random.integer(6)}`;
        if (random.chance(0.2)) {
          texts.delete(id);
          edited.removeDocument(id);
        } else {
          const text = random.chance(0.7) ? edit(texts.get(id) ?? '', random) : randomText(random);
          texts.set(id, text);
          edited.setDocument(id, `${id}.ts`, text);
        }
      }
      const built = new NgramModel({ threshold: 0, alternativeThreshold: 0 });
      for (const [id, text] of texts) built.setDocument(id, `${id}.ts`, text);
      expect(edited.stats.tokens).toBe(built.stats.tokens);
      expect(edited.stats.documents).toBe(texts.size);
      for (let i = 0; i < 20; i++) {
        const line = random.pick(LINES);
        const caret = { prefix: `${randomText(random)}\n${line.slice(0, random.integer(line.length))}` };
        const [[one], [other]] = [ask(edited, caret, 1), ask(built, caret, 1)];
        // Contexts of more places than are sampled differ in which are.
        expect(Math.abs((one?.probability ?? 0) - (other?.probability ?? 0))).toBeLessThan(0.03);
        if ((one?.probability ?? 0) > 0.6) expect(one?.text).toBe(other?.text);
      }
    });
  });

  it('forgets the documents that were changed longest ago beyond its limit', () => {
    const model = new NgramModel({ maxTokens: 600 });
    const text = (name: string) => `${name}.open(first, second, third);\n`.repeat(18);
    for (const name of ['alpha', 'beta', 'gamma']) model.setDocument(name, name, text(name));
    expect(model.stats.tokens).toBeLessThanOrEqual(600);
    expect(first(model, { prefix: 'gamma.' })).toBe('open(first, second, third);');
    const words = model.nextTokens({ ...OPEN, prefix: '\n' }, 50);
    expect(words).toContain('gamma');
    expect(words).not.toContain('alpha');
    expect(model.stats.documents).toBeLessThan(3);
  });

  it('does not grow with edits that come and go', () => {
    const model = shop();
    const typing = (from: number) => {
      for (let i = from; i < from + 1000; i++)
        model.setDocument('a', 'a.ts', `const unheard${i} = ${i};\n${LINES.join('\n')}`);
      return model.stats.bytes;
    };
    const before = typing(0);
    for (let round = 1; round <= 5; round++) typing(round * 1000);
    expect(model.stats.bytes).toBeLessThan(before * 1.6);
  });

  it('shares nothing between projects', () => {
    const [one, other] = [shop(), new NgramModel()];
    const caret = { prefix: 'await store.append(' };
    expect(first(one, caret)).toBeDefined();
    expect(ask(other, caret)).toEqual([]);
  });
});

const randomText = (random: SeededRandom) =>
  Array.from({ length: random.integer(30) }, () => random.pick(LINES)).join('\n');

const edit = (text: string, random: SeededRandom) => {
  const at = random.integer(text.length + 1);
  return text.slice(0, at) + random.pick([...LINES, 'x', ' ', '\n', '']) + text.slice(at + random.integer(12));
};
