import { describe, expect, it } from '@jest/globals';
import { withSeeds } from '@tandem/protocol/testing';
import { CompletionFilter, type FilterInput } from './completion-filter.js';

/** `|` is the caret. */
function inputOf(around: string, lines: FilterInput['lines'], path: string): FilterInput {
  const caret = around.indexOf('|');
  return { prefix: around.slice(0, caret), suffix: around.slice(caret + 1), lines, path };
}

function run(input: FilterInput, pieces: readonly string[]) {
  const filter = new CompletionFilter(input);
  let given = '';
  let used = 0;
  for (const piece of pieces) {
    used += 1;
    const { text, isDone } = filter.push(piece);
    given += text;
    if (isDone) break;
  }
  return { given, used, ...filter.final() };
}

interface Case {
  readonly around: string;
  readonly model: string;
  readonly text: string;
  readonly lines?: FilterInput['lines'];
  readonly path?: string;
}

const single = (around: string, model: string, text: string, path = 'a.ts'): Case => ({ around, model, text, path });
const multi = (around: string, model: string, text: string, path = 'a.ts'): Case => ({
  around,
  model,
  text,
  path,
  lines: 'multi',
});

const CASES: Record<string, Case> = {
  'one line': single('const a = |', '42;\nconst b = 1;', '42;'),
  'a line end before the text': single('foo();\n|', '\nbar();\nbaz();', '\nbar();'),
  'a line end in the middle of a line': single('foo(|, b)', '\nbar', ''),
  'only blanks': single('const a = |', '  \n \n', ''),
  nothing: single('const a = |', '', ''),
  'blanks at the end': single('const a = |', '42;   \nx', '42;'),
  'a leaked token': single('const a = |', '42<|file_sep|>other.ts', '42'),
  'a leaked token at once': single('const a = |', '<|endoftext|>', ''),
  'a pipe operator is none': single('x |', '<| f <| y', '<| f <| y', 'a.elm'),
  'the line before the caret again': single('  const a = |', 'const a = 42;', '42;'),
  'the same with other blanks': single('  const a = |', '    const a = 42;', '42;'),
  'a beginning that only looks like it': single('const a = |', 'console.log(a)', 'console.log(a)'),
  'a short word is no repetition': single('i|', 'if', 'if'),
  'the rest of the line again': single('a(|, b);', 'x, b);', 'x'),
  'a part of the rest': single('a(|, b);', 'x,', 'x'),
  'a word that begins like the rest': single('x = | y2', 'a + y', 'a + y'),
  'a closing bracket that is there': single('foo(|)', 'x, bar(y))', 'x, bar(y)'),
  'a closing bracket that is missing': single('foo(bar(|)', 'x)', 'x)'),
  'a bracket of its own': single('foo(|)', 'bar()', 'bar()'),
  'a bracket in a string': single('foo(|)', '")"', '")"'),
  'a bracket in a comment': single('foo();|', ' // 1) first', ' // 1) first'),
  'a closing bracket of a line above': single('foo(\n  a,\n  b|', ')', ')'),
  'a surplus bracket': single('foo(a|', ') }', ')'),
  'a smiley in prose': single('I am |', 'happy :)', 'happy :)', 'a.md'),
  'a quote that is there': single('x = "|"', 'hello"', 'hello'),
  'a quote of its own': single('x = |"', '"a" + "', '"a" + "'),
  'the next line': single('a();\n|\nb();', 'b();', ''),
  'a line that begins like the next one': single('a();\n|\nb();', 'b()', 'b()'),
  'a line out of the block': single('f() {\n  a();|\n', '\n}\n', ''),

  'a block to its end': multi('function f() {|', '\n  return 1;\n}\nfunction g() {', '\n  return 1;\n}'),
  'a block that is closed below': multi('function f() {|\n}', '\n  return 1;\n}\n', '\n  return 1;'),
  'a block that is closed behind the caret': multi('function f() {|}', '\n  return 1;\n}', '\n  return 1;\n'),
  'else belongs to it': multi('if (a) {|', '\n  b();\n} else {\n  c();\n}\nd();', '\n  b();\n} else {\n  c();\n}'),
  'a blank line ends it': multi('function f() {|', '\n  a();\n\n  b();', '\n  a();'),
  'the next line ends it': multi('f() {|\n  b();\n}', '\n  a();\n  b();\n}', '\n  a();'),
  python: multi('def f(x):|', '\n    y = 1\n    return y\nprint(f(1))', '\n    y = 1\n    return y', 'a.py'),
  'python with else': multi('if x:|', '\n    a()\nelse:\n    b()\nc()', '\n    a()\nelse:\n    b()', 'a.py'),
  ruby: multi('def f|', '\n  1\nend\nputs 1', '\n  1\nend', 'a.rb'),
  'a word like end': multi('def f|', '\n  1\nendpoint = 2\n', '\n  1', 'a.rb'),
  'in the block already': multi('f() {\n  |', 'a();\n  b();\n}\n', 'a();\n  b();\n}'),
  'the caret before the indentation': multi('f() {\n|', '  a();\n  b();\n}\nc();', '  a();\n  b();\n}'),
  'lines that repeat': multi('f() {|', `\n  a();${'\n  b();'.repeat(9)}`, '\n  a();\n  b();\n  b();'),
  'the end of a block outside': multi('class A {\n  f() {|', '\n    a();\n}\n', '\n    a();'),
  'a fence': multi('f() {|', '\n  a();\n```\nThis code', '\n  a();'),
  tabs: multi('f() {|', '\n\ta();\n\tif (b) {\n\t\tc();\n\t}\n}\n', '\n\ta();\n\tif (b) {\n\t\tc();\n\t}\n}'),
  'line ends of the document': multi('f() {|\r\n\r\n', '\n  a();\n}', '\r\n  a();\r\n}'),
  'line ends of the model': multi('f() {|\n', '\r\n  a();\r\n}', '\n  a();\n}'),
  'too many lines': multi(
    'f() {|',
    Array.from({ length: 99 }, (_, n) => `\n  a${n}();`).join(''),
    Array.from({ length: 39 }, (_, n) => `\n  a${n}();`).join(''),
  ),
};

describe('CompletionFilter', () => {
  it.each(Object.entries(CASES))('%s', (_, { around, model, text, lines = 'single', path = 'a.ts' }) => {
    const input = inputOf(around, lines, path);
    expect(run(input, [model]).text).toBe(text);
    const slow = run(input, model.split(''));
    expect(slow.text).toBe(text);
    expect(slow.isChanged).toBe(slow.given !== text);
    // What was given stays, or is cut, or goes on: nobody sees a word turn into another.
    expect(slow.given.startsWith(text) || text.startsWith(slow.given)).toBe(true);
  });

  it('shows a line as it comes', () => {
    const filter = new CompletionFilter(inputOf('const a = |', 'single', 'a.ts'));
    expect(filter.push('for')).toEqual({ text: 'for', isDone: false });
    expect(filter.push('ty(')).toEqual({ text: 'ty(', isDone: false });
    expect(filter.push(')\n')).toEqual({ text: ')', isDone: true });
    expect(filter.push('more')).toEqual({ text: '', isDone: true });
    expect(filter.final()).toEqual({ text: 'forty()', isChanged: false });
  });

  it('stops the model at once when no more is wanted', () => {
    expect(run(inputOf('const a = |', 'single', 'a.ts'), ['1;', '\n', 'never', ' read']).used).toBe(2);
    expect(run(inputOf('f() {|', 'multi', 'a.ts'), ['\n  a();\n', '}', '\n', 'x']).used).toBe(3);
    expect(run(inputOf('f() {|', 'multi', 'a.ts'), ['\n  a();', '\n\n', 'x', 'y']).used).toBe(2);
    expect(run(inputOf('a = |', 'single', 'a.ts'), ['x'.repeat(5_000), 'y']).used).toBe(1);
  });

  it('keeps back what it may have to take back', () => {
    const next = new CompletionFilter(inputOf('f() {|\n  b();\n}', 'multi', 'a.ts'));
    expect(next.push('\n  a();\n  b(').text).toBe('\n  a();');
    expect(next.push('1);').text).toBe('\n  b(1);');
    const token = new CompletionFilter(inputOf('a = |', 'single', 'a.ts'));
    expect(token.push('42;  <|e').text).toBe('42;');
    expect(token.push('ndoftext|>').text).toBe('');
    expect(token.final()).toEqual({ text: '42;', isChanged: false });
    expect(run(inputOf('a = |', 'single', 'a.ts'), ['42;  \n'])).toMatchObject({ given: '42;', isChanged: false });
    const half = new CompletionFilter(inputOf('a = |', 'single', 'a.ts'));
    expect(half.push('"\ud83d').text).toBe('"');
    expect(half.push('\ude00"').text).toBe('😀"');
    expect(run(inputOf('a = |', 'single', 'a.ts'), ['"\ud83d']).text).toBe('"');
    const bracket = new CompletionFilter(inputOf('foo(|)', 'single', 'a.ts'));
    expect(bracket.push('x)').text).toBe('x');
    expect(bracket.push('.y').text).toBe(').y');
    expect(bracket.final()).toEqual({ text: 'x', isChanged: true });
  });

  it('comes to the same end however the text is cut into pieces, and never takes words back', async () => {
    const cases = Object.values(CASES);
    await withSeeds(300, async (random) => {
      const { around, model, lines = 'single', path = 'a.ts', text } = random.pick(cases);
      const pieces: string[] = [];
      for (let at = 0; at < model.length; ) {
        const next = at + 1 + random.integer(6);
        pieces.push(model.slice(at, next));
        at = next;
      }
      const outcome = run(inputOf(around, lines, path), pieces);
      expect(outcome.text).toBe(text);
      expect(outcome.given.startsWith(text) || text.startsWith(outcome.given)).toBe(true);
    });
  });
});
