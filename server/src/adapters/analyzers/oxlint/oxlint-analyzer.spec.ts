import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Finding } from '../../../core/ai/analyzer.js';
import { analyzerContract } from '../../../testing/analyzer-contract.js';
import { eventually } from '../../../testing/eventually.js';
import { killNow, processesWith } from '../../../testing/processes.js';
import { makeTempDir, removeTempDir } from '../../../testing/temp-dir.js';
import { OxlintAnalyzer } from './oxlint-analyzer.js';

const PACKAGE = createRequire(import.meta.url)
  .resolve('oxlint/package.json')
  .replace('package.json', '');
const { signal } = new AbortController();
const opened: OxlintAnalyzer[] = [];
afterEach(async () => {
  for (const analyzer of opened.splice(0)) await analyzer.close();
});

function open(options: ConstructorParameters<typeof OxlintAnalyzer>[0] = {}): OxlintAnalyzer {
  const analyzer = new OxlintAnalyzer(options);
  opened.push(analyzer);
  return analyzer;
}

let documents = 0;
function find(
  analyzer: OxlintAnalyzer,
  text: string,
  rules: Record<string, boolean> = {},
  path = 'a.ts',
): Promise<Finding[]> {
  const input = { projectId: 'p', documentId: `d${++documents}`, path, text, rules, instructions: '' };
  return analyzer.analyze(input, signal);
}
const codesIn = async (...asked: Parameters<typeof find>) => (await find(...asked)).map(({ code }) => code);
const lives = async (pid: number) => (await processesWith('oxlint')).includes(pid);

const MISTAKE = 'debugger;\n';
/** oxlint counts the lines of a text anew for each finding: this takes it half a minute. */
const ENDLESS = MISTAKE.repeat(30_000);
/** Overflows its stack. */
const FATAL = '('.repeat(50_000);

describe('OxlintAnalyzer', () => {
  const analyzer = new OxlintAnalyzer();
  afterAll(() => analyzer.close());

  const planting = (path: string, before = '', after = '') => ({
    path,
    code: 'no-debugger',
    offending: 'debugger;',
    plant: (junk: string) => `${before}/* ${junk} */\n/* ${junk} */ debugger;\n${after}`,
  });
  analyzerContract(() => ({
    analyzer,
    another: () => new OxlintAnalyzer(),
    handled: ['js', 'jsx', 'ts', 'tsx', 'mjs', 'cjs', 'mts', 'cts', 'd.ts', 'TSX', 'vue', 'svelte', 'astro'].map(
      (extension) => `a/b.${extension}`,
    ),
    foreign: ['a.json', 'a.py', 'ts', 'a.ts/b', 'a.tsbuildinfo', 'a.md'],
    plantings: [
      planting('src/é x%20#?.ts'),
      planting('a.TSX'),
      planting('vite.config.mjs'),
      planting('node_modules/x/.js'),
      planting('a.vue', '<script>\n', '</script>\n'),
      planting('a.svelte', '<script>\n', '</script>\n'),
      planting('a.astro', '---\n', '---\n'),
    ],
    aliases: ['eslint/no-debugger', 'eslint(no-debugger)'],
    optional: {
      path: 'a.ts',
      text: 'export const a: any = 1;\n',
      names: ['typescript/no-explicit-any', 'no-explicit-any', '@typescript-eslint/no-explicit-any'],
    },
    broken: ['ts', 'jsx', 'mjs'].map((extension) => ({ path: `a.${extension}`, text: 'let = = ;' })),
    many: (count) => MISTAKE.repeat(count),
  }));

  it('marks what is unused as needless', async () => {
    expect(await find(analyzer, 'import fs from "node:fs";\n')).toMatchObject([
      { code: 'no-unused-vars', severity: 2, tags: [1], start: 7, end: 9 },
    ]);
  });

  it('takes each rule that its package lists, and more sets of rules than it keeps folders', async () => {
    const { definitions } = JSON.parse(readFileSync(join(PACKAGE, 'configuration_schema.json'), 'utf8'));
    const names: string[] = Object.keys(definitions.DummyRuleMap.properties);
    const size = Math.ceil(names.length / 40);
    for (let from = 0; from < names.length; from += size) {
      const rules = Object.fromEntries(['no-console', ...names.slice(from, from + size)].map((name) => [name, true]));
      // Of a set with a rule that oxlint refuses it would take none.
      expect(await codesIn(analyzer, 'console.log(1);\n', rules)).toContain('no-console');
    }
  });

  it('switches on no rule that reads the files of the server', async () => {
    const text = 'import { nothing } from "/etc/passwd";\nexport * from "./a.js";\nnothing();\n';
    expect(
      await codesIn(analyzer, text, { 'import/named': true, 'import/no-unresolved': true, 'import/export': true }),
    ).toEqual([]);
  });

  it('writes no text to the disk', async () => {
    const before = new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('tandem-oxlint-')));
    const fresh = open();
    await find(fresh, 'let secret = 1;\n');
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('tandem-oxlint-') && !before.has(name));
    const files = folders.flatMap((name) =>
      readdirSync(join(tmpdir(), name), { recursive: true, withFileTypes: true }),
    );
    expect(new Set(files.filter((file) => file.isFile()).map(({ name }) => name))).toEqual(new Set(['.oxlintrc.json']));
    await fresh.close();
    expect(readdirSync(tmpdir()).filter((name) => folders.includes(name))).toEqual([]);
  });

  it('starts nothing before the first text, and another child when the first has died', async () => {
    const analyzer = open();
    expect(analyzer.pid).toBeUndefined();
    expect(await codesIn(analyzer, MISTAKE)).toEqual(['no-debugger']);
    const { pid } = analyzer;
    killNow(pid!);
    await eventually('its end is seen', () => analyzer.pid === undefined);
    expect(await codesIn(analyzer, MISTAKE)).toEqual(['no-debugger']);
    expect(analyzer.pid).not.toBe(pid);
  });

  it('shows the text to another child when one dies of something else meanwhile', async () => {
    const analyzer = open({ lintMs: 20_000 });
    await find(analyzer, MISTAKE);
    const { pid } = analyzer;
    const found = find(analyzer, MISTAKE.repeat(4000));
    killNow(pid!);
    expect(await found).toHaveLength(500);
    expect(analyzer.pid).not.toBe(pid);
  });

  it('gives up a text that it dies of, and serves those that wait', async () => {
    const analyzer = open();
    const outcomes = await Promise.allSettled([
      find(analyzer, FATAL),
      find(analyzer, MISTAKE),
      find(analyzer, FATAL),
      find(analyzer, MISTAKE),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('kills a child that hangs, and serves those that wait', async () => {
    const analyzer = open({ lintMs: 1000 });
    await find(analyzer, MISTAKE);
    const { pid } = analyzer;
    const [slow, next] = await Promise.allSettled([find(analyzer, ENDLESS), find(analyzer, MISTAKE)]);
    expect(slow).toMatchObject({ status: 'rejected', reason: { message: 'oxlint: took longer than 1000 ms' } });
    expect(next).toMatchObject({ status: 'fulfilled', value: [{ code: 'no-debugger' }] });
    await eventually('the child is gone', async () => !(await lives(pid!)));
  });

  it('leaves no child behind when it is closed in the middle of a text', async () => {
    const analyzer = open();
    await find(analyzer, MISTAKE);
    const { pid } = analyzer;
    const under = Promise.allSettled([find(analyzer, ENDLESS)]);
    await analyzer.close();
    expect(await lives(pid!)).toBe(false);
    expect((await under)[0].status).toBe('rejected');
  });

  describe('with a program that misbehaves', () => {
    let dir = '';
    beforeAll(() => {
      dir = makeTempDir();
    });
    afterAll(() => removeTempDir(dir));

    /** Does `once` in its first life, and is oxlint afterwards. */
    const programThat = (name: string, once: string) => {
      const script = join(dir, `${name}.mjs`);
      const oxlint = pathToFileURL(join(PACKAGE, 'bin', 'oxlint')).href;
      const body = `import { existsSync, writeFileSync } from 'node:fs';
        const mark = ${JSON.stringify(join(dir, name))};
        const first = !existsSync(mark);
        writeFileSync(mark, '');
        if (first) { ${once} } else await import(${JSON.stringify(oxlint)});`;
      writeFileSync(script, body);
      return script;
    };

    it.each([
      [
        'prints what is no LSP before it answers',
        `process.stdout.write('warning: \\r\\n\\r\\n'); setInterval(() => {}, 1000);`,
      ],
      ['prints without an end', `const more = () => process.stdout.write('x'.repeat(65536), more); more();`],
      ['ends at once', 'process.exit(1);'],
      ['closes its input', `process.stdin.destroy(); setTimeout(() => {}, 100);`],
    ])('starts anew when it %s', async (name, once) => {
      const analyzer = open({ script: programThat(name.replaceAll(' ', '-'), once) });
      await expect(find(analyzer, MISTAKE)).rejects.toThrow('oxlint does not start');
      expect(await codesIn(analyzer, MISTAKE)).toEqual(['no-debugger']);
    });

    it('waits longer and longer, and says so, for one that never starts', async () => {
      const analyzer = open({ script: join(dir, 'nothing-there.mjs') });
      await eventually('it is told to wait', async () => {
        const [outcome] = await Promise.allSettled([find(analyzer, MISTAKE)]);
        return outcome.status === 'rejected' && String(outcome.reason).includes('does not stay up');
      });
    });
  });

  it.each([
    ['idle', MISTAKE],
    ['at work', ENDLESS],
  ])('leaves no child behind when the server is killed while it is %s', async (_, text) => {
    const built = new URL('./oxlint-analyzer.js', import.meta.url).href.replace('/server/src/', '/server/dist/');
    const body = `const { OxlintAnalyzer } = await import(${JSON.stringify(built)});
      const analyzer = new OxlintAnalyzer({ lintMs: 300_000 });
      const ask = (text) => analyzer.analyze({ projectId: 'p', documentId: 'd', path: 'a.ts', text, rules: {} }, new AbortController().signal);
      await ask('debugger');
      process.stdin.once('data', (lines) => void ask('debugger;\\n'.repeat(Number(lines))));
      console.log(analyzer.pid);`;
    const dir = makeTempDir();
    const server = spawn(process.execPath, ['--input-type=module', '-e', body], {
      env: { TMPDIR: dir },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [output] = await once(server.stdout, 'data');
    const pid = Number(output);
    expect(await lives(pid)).toBe(true);
    server.stdin.write(String(text.length / MISTAKE.length));
    if (text === ENDLESS) await eventually('the child is busy', async () => (await cpuOf(pid)) > 0.5);
    server.kill('SIGKILL');
    await eventually('the child is gone', async () => !(await lives(pid)), 8000);
    await eventually('its folder is gone', () => readdirSync(dir).length === 0);
    removeTempDir(dir);
  });
});

/** Seconds of a processor so far. */
async function cpuOf(pid: number): Promise<number> {
  const ps = spawn('ps', ['-o', 'cputimes=', '-p', String(pid)]);
  const seconds = await ps.stdout.toArray();
  return Number(seconds.join(''));
}
