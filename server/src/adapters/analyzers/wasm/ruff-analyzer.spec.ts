import { afterAll, describe, expect, it } from '@jest/globals';
import { analyzerContract } from '../../../testing/analyzer-contract.js';
import { RuffAnalyzer } from './ruff-analyzer.js';
import { WasmThread } from './wasm-thread.js';

const another = () => new RuffAnalyzer(new WasmThread());
const analyzer = another();
afterAll(() => analyzer.close());

const codesIn = async (path: string, text: string, rules: Record<string, boolean> = {}) => {
  const input = { projectId: 'p', documentId: path, path, text, rules, instructions: '' };
  return (await analyzer.analyze(input, new AbortController().signal)).map(({ code }) => code);
};

describe('RuffAnalyzer', () => {
  analyzerContract(() => ({
    analyzer,
    another,
    handled: ['a.py', 'b/c.d.pyi', 'A.PY', '.py'],
    foreign: ['a.pyc', 'py', 'a.ts', 'a.py/b', 'a.ipynb'],
    plantings: [
      {
        path: 'src/é.py',
        code: 'F401',
        offending: 'needless',
        plant: (junk) => `# ${junk.replaceAll('\t', ' ')}\ns = """${junk}"""; import needless\n`,
      },
    ],
    aliases: ['F', 'F4'],
    optional: { path: 'a.py', text: 'x = 1;\n', names: ['E703', 'E7', 'E'] },
    broken: [
      { path: 'a.py', text: 'def f(:\n' },
      { path: 'a.py', text: 'x = (' },
    ],
    many: (count) => Array.from({ length: count }, (_, i) => `import needless${i}\n`).join(''),
  }));

  it('tells undefined names as errors, what is unused as needless', async () => {
    const input = { projectId: 'p', documentId: 'd', path: 'a.py', rules: {}, instructions: '' };
    const text = 'import os\nprint(nobody)\ndef f(a=[]):\n    return a\n';
    expect(await analyzer.analyze({ ...input, text }, new AbortController().signal)).toMatchObject([
      { code: 'F401', severity: 2, tags: [1] },
      { code: 'F821', severity: 1 },
      { code: 'B006', severity: 2 },
    ]);
  });

  it('takes what is newest in the language', async () => {
    expect(
      await codesIn('a.py', 'type X = int\nprint(f"{"a"}", t"{1}")\ntry:\n    pass\nexcept A, B:\n    pass\n'),
    ).toEqual(['F821', 'F821']);
  });

  it('knows that a package exports what it imports, and that a stub may look ahead', async () => {
    expect(await codesIn('p/__init__.py', 'import os\nprint(nobody)\n')).toEqual(['F821']);
    expect(await codesIn('a.pyi', 'import os\nx: Later\nclass Later: ...\n')).toEqual([]);
    expect(await codesIn('p/__init__.py', 'import os\n', { F401: true })).toEqual(['F401']);
  });

  it('gives the longest prefix the last word', async () => {
    const text = 'import os\nprint(nobody)\n';
    expect(await codesIn('a.py', text, { F: false, F8: true })).toEqual(['F821']);
    expect(await codesIn('a.py', text, { ruff: false, F4: true, F401: false })).toEqual([]);
  });
});
