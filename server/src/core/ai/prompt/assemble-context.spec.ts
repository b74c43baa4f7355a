import { describe, expect, it } from '@jest/globals';
import { patience } from '../../../testing/patience.js';
import { assembleContext, type ContextInput, DEFAULT_BUDGET } from './assemble-context.js';

const lines = (count: number, line: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n');

const input = (more: Partial<ContextInput> = {}): ContextInput => ({
  path: 'src/a.ts',
  text: 'one\ntwo\nthree',
  offset: 5,
  others: [],
  excludedPaths: [],
  instructions: 'Be brief.',
  ...more,
});

const pinned = (path: string, text: string) => ({ path, text, priority: 'pinned' as const });
const open = (path: string, text: string) => ({ path, text, priority: 'open' as const });
const TEXT = 'const invoice = loadInvoice(customerId);\nconst total = sumOf(invoice.positions);\n';

describe('assembleContext', () => {
  it('cuts the text at the caret', () => {
    expect(assembleContext(input())).toEqual({
      path: 'src/a.ts',
      prefix: 'one\nt',
      suffix: 'wo\nthree',
      snippets: [],
      instructions: 'Be brief.',
    });
  });

  it.each([
    [8, 'three', 100, 'one\ntwo\n'],
    [100, '', 0, 'one\ntwo\nthree'],
    [-5, 'one\ntwo\nthree', 0, ''],
  ])('takes a caret at %i', (offset, suffix, _, prefix) => {
    expect(assembleContext(input({ offset }))).toMatchObject({ prefix, suffix });
  });

  it('cuts a long text at line starts', () => {
    const text = lines(2_000, (n) => `const value${n} = ${n};`);
    const offset = text.indexOf('value1000');
    const { prefix, suffix } = assembleContext(input({ text, offset }))!;
    expect(prefix.length).toBeLessThanOrEqual(DEFAULT_BUDGET.prefix);
    expect(prefix.length).toBeGreaterThan(DEFAULT_BUDGET.prefix - 40);
    expect(prefix.startsWith('const value')).toBe(true);
    expect(suffix.length).toBeLessThanOrEqual(DEFAULT_BUDGET.suffix);
    expect(suffix.endsWith(';\n')).toBe(true);
    expect(text.slice(offset - prefix.length, offset + suffix.length)).toBe(prefix + suffix);
  });

  it.each([7, 8, 9])('cuts a line that is too long, but no character in two (budget %i)', (prefix) => {
    const { prefix: before, suffix: after } = assembleContext(input({ text: '😀'.repeat(20), offset: 20 }), {
      prefix,
      suffix: prefix,
      snippets: 0,
    })!;
    expect(before).toBe('😀'.repeat(Math.floor(prefix / 2)));
    expect(after).toBe('😀'.repeat(Math.floor(prefix / 2)));
  });

  it('tells nothing about a document whose path is denied or excluded', () => {
    expect(assembleContext(input({ path: 'app/.env' }))).toBeUndefined();
    expect(assembleContext(input({ excludedPaths: ['src/*.ts'] }))).toBeUndefined();
  });

  it('keeps back files that are denied or excluded, pinned or not, and the document itself', () => {
    const others = [
      pinned('.npmrc', TEXT),
      pinned('private/plan.ts', TEXT),
      open('x/.env.local', TEXT),
      pinned('src/a.ts', TEXT),
      pinned('ok.ts', TEXT),
    ];
    const context = assembleContext(input({ others, excludedPaths: ['private'] }))!;
    expect(context.snippets.map(({ path }) => path)).toEqual(['ok.ts']);
  });

  it('shares the budget among the pinned files', () => {
    const others = [
      pinned('b.ts', 'b = 1;\n'.repeat(2_000)),
      pinned('a.ts', 'short'),
      pinned('c.ts', 'c = 1;\n'.repeat(2_000)),
    ];
    const { snippets } = assembleContext(input({ others }))!;
    expect(snippets.map(({ path, text }) => [path, Math.round(text.length / 100)])).toEqual([
      ['a.ts', 0],
      ['b.ts', 30],
      ['c.ts', 30],
    ]);
  });

  it('takes of the open files what is most like the text at the caret', () => {
    const unlike = lines(200, (n) => `export class Widget${n} extends Component {}`);
    const other = `${unlike}\nfunction sumInvoice(invoice, customerId) {\n  return loadInvoice(customerId).positions;\n}\n${unlike}`;
    const { snippets } = assembleContext(
      input({ text: TEXT, offset: TEXT.length, others: [open('z.ts', other), open('b.css', '.a { color: red }\n')] }),
    )!;
    expect(snippets.length).toBeGreaterThan(0);
    expect(snippets.every(({ path }) => path === 'z.ts')).toBe(true);
    expect(snippets.some(({ text }) => text.includes('sumInvoice'))).toBe(true);
    expect(snippets.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(DEFAULT_BUDGET.snippets);
  });

  it('says the same in the same order, whatever order the files come in and while somebody types', () => {
    const files = ['c', 'a', 'b'].map((name) => open(`${name}.ts`, `${TEXT}${lines(60, (n) => `${name}${n}();`)}`));
    const first = assembleContext(input({ text: TEXT, offset: TEXT.length, others: files }))!;
    const typed = `${TEXT}ret`;
    const second = assembleContext(input({ text: typed, offset: typed.length, others: [...files].reverse() }))!;
    expect(first.snippets.map(({ path }) => path)).toEqual(['a.ts', 'b.ts', 'c.ts']);
    expect(second.snippets).toEqual(first.snippets);
  });

  it('is quick with many open files', () => {
    const others = Array.from({ length: 20 }, (_, file) =>
      open(
        `${file}.ts`,
        lines(1_000, (n) => `const value${n % 50} = compute${file}(argument${n % 7});`),
      ),
    );
    const started = performance.now();
    assembleContext(input({ text: TEXT, offset: 10, others }));
    expect(performance.now() - started).toBeLessThan(1_000 * patience());
  });
});
