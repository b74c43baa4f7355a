import { afterAll, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../core/ai/analyzer.js';
import { analyzerContract } from '../../../testing/analyzer-contract.js';
import { BiomeAnalyzer } from './biome-analyzer.js';
import { WasmThread } from './wasm-thread.js';

const another = () => new BiomeAnalyzer(new WasmThread());
const analyzer = another();
afterAll(() => analyzer.close());

const find = async (path: string, text: string, rules: Record<string, boolean> = {}) => {
  const input = { projectId: 'p', documentId: path, path, text, rules, instructions: '' };
  return analyzer.analyze(input, new AbortController().signal);
};

describe('BiomeAnalyzer', () => {
  analyzerContract(() => ({
    analyzer,
    another,
    handled: ['a.json', 'a.jsonc', 'b/a.css', 'a.html', 'a.HTM', 'a.graphql', 'a.gql', '.json'],
    foreign: ['a.ts', 'json', 'a.scss', 'a.md', 'a.css/b', 'a.yaml'],
    plantings: [
      {
        path: 'src/é.css',
        code: 'noUnknownProperty',
        offending: 'colr',
        plant: (junk) => `/* ${junk} */\n/* ${junk} */ a { colr: red; }\n`,
      },
      {
        path: 'a.jsonc',
        code: 'noDuplicateObjectKeys',
        offending: '"twice"',
        plant: (junk) => `{ /* ${junk} */\n/* ${junk} */ "twice": 1, "b": [], "twice": 2 }\n`,
      },
      {
        path: 'package.json',
        code: 'noDuplicateObjectKeys',
        offending: '"twice"',
        plant: (junk) =>
          `{ "${junk.replaceAll('\t', '')}": 1,\n"x${junk.replaceAll('\t', '')}": 1, "twice": 1, "twice": 2 }\n`,
      },
      {
        path: 'a.html',
        code: 'useAltText',
        offending: '<img src="x">',
        plant: (junk) => `<!-- ${junk} -->\n<!-- ${junk} --><b>${junk}</b><img src="x">\n`,
      },
      {
        path: 'a.htm',
        code: 'noDebugger',
        offending: 'debugger;',
        plant: (junk) => `<!-- ${junk} -->\n<p>${junk}</p><script>/*${junk}*/debugger;</script>\n`,
      },
    ],
    aliases: ['correctness/noUnknownProperty', 'lint/correctness/noUnknownProperty'],
    optional: {
      path: 'a.graphql',
      text: 'type Q { a: Int @deprecated }\n',
      names: ['useDeprecatedReason', 'style/useDeprecatedReason', 'lint/style/useDeprecatedReason'],
    },
    broken: [
      { path: 'a.json', text: '{"a": tru' },
      { path: 'a.css', text: 'a { color: #' },
      { path: 'a.gql', text: 'query {' },
    ],
    many: (count) => 'a { colr: red }\n'.repeat(count),
  }));

  it('finds its way in GraphQL', async () => {
    const text = 'query Q { a(b: "é😀") twice twice }';
    const [{ start, end, ...finding }] = (await find('a.graphql', text)) as [Finding];
    expect(finding).toMatchObject({ code: 'noDuplicateFields', severity: 3 });
    expect([start, end]).toEqual([text.lastIndexOf('twice'), text.lastIndexOf(' }')]);
  });

  it('lets HTML leave out end tags without calling it an error', async () => {
    const severities = (await find('a.html', '<ul><li>one<li>two</ul>')).map(({ severity }) => severity);
    expect(severities).not.toContain(1);
  });

  it('does not call needless what another script of the page may use', async () => {
    const text = '<script>function used() {}</script>';
    expect(await find('a.html', text)).toEqual([]);
    expect(await find('a.html', text, { noUnusedVariables: true })).toMatchObject([
      { code: 'noUnusedVariables', tags: [1] },
    ]);
  });

  it('takes comments where the format has them, and Tailwind', async () => {
    expect(await find('tsconfig.json', '// why\n{ "a": 1, }')).toEqual([]);
    expect(await find('a.css', '@tailwind base;\n.a { @apply b; }\n')).toEqual([]);
    expect(await find('a.css', '@medai print { a { color: red } }\n')).toMatchObject([{ code: 'noUnknownAtRules' }]);
  });
});
