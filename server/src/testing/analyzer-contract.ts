import { getEventListeners } from 'node:events';
import { expect, it } from '@jest/globals';
import type { AnalysisInput, Analyzer, Finding } from '../core/ai/analyzer.js';

/** A mistake that an analyzer finds, in a text that may hold anything else. */
export interface Planting {
  readonly path: string;
  readonly code: string;
  /** What the finding covers, where it first stands in the text. */
  readonly offending: string;
  /** The mistake at the end of a line, with `junk` on the line before and on its own before it. */
  plant(junk: string): string;
}

export interface AnalyzerUnderTest {
  readonly analyzer: Analyzer;
  /** One more, which the contract closes. */
  another(): Analyzer;
  readonly handled: readonly string[];
  readonly foreign: readonly string[];
  readonly plantings: readonly Planting[];
  /** Of the first planting's code. */
  readonly aliases: readonly string[];
  /** A mistake that is only found when the rule is switched on, by any of these names; the first is the code. */
  readonly optional: { readonly path: string; readonly text: string; readonly names: readonly string[] };
  /** Has an error of syntax. */
  readonly broken: readonly { readonly path: string; readonly text: string }[];
  /** So many findings of the first planting's code. */
  many(count: number): string;
}

/** Two bytes, four, and two characters that are one letter. */
const UNICODE = 'é😀e\u0301';
const JUNK = [
  '',
  UNICODE,
  `\t${UNICODE}\t`,
  `\u2028${UNICODE}\u2029`,
  `\u0085${UNICODE}\u00a0`,
  `\ud83d${UNICODE}\udc00`,
];
const TEXTS: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  'a BOM': (text) => `\ufeff${text}`,
  'no newline at the end': (text) => text.replace(/\n$/, ''),
  'empty lines at the end': (text) => `${text}\n\n`,
};

/** What every linter promises; each one's spec runs it. */
export function analyzerContract(open: () => AnalyzerUnderTest): void {
  let documents = 0;
  const inputOf = (path: string, text: string, rules: AnalysisInput['rules'] = {}): AnalysisInput => ({
    projectId: 'p',
    documentId: `d${++documents}`,
    path,
    text,
    rules,
    instructions: '',
  });
  const find = async (path: string, text: string, rules: AnalysisInput['rules'] = {}) => {
    const { signal } = new AbortController();
    const findings = await open().analyzer.analyze(inputOf(path, text, rules), signal);
    expectInOrder(findings, text);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    return findings;
  };
  const codes = (findings: readonly Finding[]) => findings.map(({ code }) => code);
  const first = () => open().plantings[0]!;

  it('handles files by their extension, and no others', () => {
    const { analyzer, handled, foreign } = open();
    expect(handled.filter((path) => !analyzer.handles(path))).toEqual([]);
    expect(foreign.filter((path) => analyzer.handles(path))).toEqual([]);
  });

  it('covers exactly the mistake, whatever stands before it', async () => {
    for (const { path, code, offending, plant } of open().plantings) {
      for (const [name, form] of Object.entries(TEXTS)) {
        for (const junk of JUNK) {
          const text = form(plant(junk));
          const found = (await find(path, text)).filter((finding) => finding.code === code);
          const covered = found.map(({ start, end }) => [path, name, junk, text.slice(start, end), start]);
          expect(covered).toEqual([[path, name, junk, offending, text.indexOf(offending)]]);
        }
      }
    }
  });

  it('names the rule and its page', async () => {
    for (const { path, code, plant } of open().plantings) {
      const found = (await find(path, plant(''))).find((finding) => finding.code === code);
      expect(new URL(found?.href ?? '').protocol).toBe('https:');
      expect(found?.message).not.toBe('');
    }
  });

  it('tells an error of syntax', async () => {
    for (const { path, text } of open().broken) {
      expect((await find(path, text)).map(({ severity }) => severity)).toContain(1);
    }
  });

  it('has nothing to say of an empty file', async () => {
    for (const { path } of open().plantings) expect(await find(path, '')).toEqual([]);
  });

  it('leaves out a rule that is switched off, by any of its names', async () => {
    const { path, code, plant } = first();
    for (const name of [code, ...open().aliases]) {
      expect([name, codes(await find(path, plant(UNICODE), { [name]: false }))]).toEqual([name, []]);
    }
  });

  it('finds by a rule that is switched on what it does not find by default', async () => {
    const { path, text, names } = open().optional;
    expect(codes(await find(path, text))).not.toContain(names[0]);
    for (const name of names) expect([name, ...codes(await find(path, text, { [name]: true }))]).toContain(names[0]);
  });

  it('is off as a whole but for what is switched on by name', async () => {
    const { analyzer, optional } = open();
    const { path, code, plant } = first();
    const off = { [analyzer.source]: false };
    expect(await find(path, plant(''), off)).toEqual([]);
    expect(codes(await find(path, plant(''), { ...off, [code]: true }))).toEqual([code]);
    expect(await find(optional.path, optional.text, off)).toEqual([]);
    expect(new Set(codes(await find(optional.path, optional.text, { ...off, [optional.names[0]!]: true })))).toEqual(
      new Set([optional.names[0]]),
    );
  });

  it('ignores names that it does not know', async () => {
    const { path, code, plant } = first();
    const names = [
      '',
      'nope',
      'no-nope',
      'noNope',
      'ZZZ999',
      'a/b',
      'a(b)',
      'a/b/c',
      'constructor',
      '__proto__',
      '(',
      '../x',
    ];
    for (const on of [true, false]) {
      const rules = Object.fromEntries(names.map((name) => [name, on]));
      expect(codes(await find(path, plant(''), rules))).toEqual([code]);
    }
  });

  it('keeps the rules of projects apart that ask at once', async () => {
    const { optional, aliases } = open();
    const { path, code, plant } = first();
    const on = { [optional.names[0]!]: true };
    const off = { [aliases[0] ?? code]: false };
    const asked = Array.from({ length: 6 }, async () => [
      codes(await find(optional.path, optional.text, on)).includes(optional.names[0]),
      codes(await find(optional.path, optional.text)).includes(optional.names[0]),
      codes(await find(path, plant(''), on)).includes(code),
      codes(await find(path, plant(''), off)).includes(code),
    ]);
    for (const answers of await Promise.all(asked)) expect(answers).toEqual([true, false, true, false]);
  });

  it('gives each of twenty documents that ask at once its own', async () => {
    const { plantings } = open();
    const texts = Array.from({ length: 20 }, (_, i) => {
      const planting = plantings[i % plantings.length]!;
      return { ...planting, text: planting.plant(UNICODE.repeat(i)) };
    });
    const found = await Promise.all(texts.map(({ path, text }) => find(path, text)));
    for (const [i, { code, text, offending }] of texts.entries()) {
      const start = text.indexOf(offending);
      const expected = [[start, start + offending.length]];
      expect(found[i]!.filter((finding) => finding.code === code).map(({ start, end }) => [start, end])).toEqual(
        expected,
      );
    }
  });

  it('gives no more than 500, the first ones in the text', async () => {
    const text = open().many(600);
    const found = await find(first().path, text);
    expect(codes(found)).toEqual(Array.from({ length: 500 }, () => first().code));
    const [all, last] = [text.split('\n'), found.at(-1)!];
    expect(last.start).toBeLessThan(all.slice(0, 501).join('\n').length);
  });

  it('says of a file above 1 MB only that it is too large', async () => {
    const { path, plant } = first();
    const text = plant('x'.repeat(1024 * 1024));
    expect(await find(path, text)).toEqual([
      expect.objectContaining({ start: 0, end: 0, severity: 3, message: expect.stringContaining('too large') }),
    ]);
    expect(await find(path, text, { [open().analyzer.source]: false })).toEqual([]);
  });

  it('gives up at once when it is told to, for the reason that it is told, and serves the next', async () => {
    const { analyzer, many } = open();
    const { path, code, plant } = first();
    const reason = new Error('superseded');
    await expect(analyzer.analyze(inputOf(path, plant('')), AbortSignal.abort(reason))).rejects.toBe(reason);
    const control = new AbortController();
    const given = [0, 1, 2].map(() => analyzer.analyze(inputOf(path, many(600)), control.signal));
    const outcomes = Promise.allSettled(given);
    await new Promise(setImmediate);
    control.abort(reason);
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason });
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
    expect(codes(await find(path, plant('')))).toEqual([code]);
  });

  it('may be closed twice, ends what is under way and answers no more', async () => {
    const analyzer = open().another();
    const { path, code, plant } = first();
    const { signal } = new AbortController();
    expect(codes(await analyzer.analyze(inputOf(path, plant('')), signal))).toEqual([code]);
    const under = Promise.allSettled([0, 1].map(() => analyzer.analyze(inputOf(path, plant('')), signal)));
    await Promise.all([analyzer.close(), analyzer.close()]);
    await analyzer.close();
    expect((await under).at(-1)!.status).toBe('rejected');
    await expect(analyzer.analyze(inputOf(path, plant('')), signal)).rejects.toThrow('closed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await open().another().close();
  });
}

function expectInOrder(findings: readonly Finding[], text: string): void {
  let before = 0;
  for (const { start, end, severity } of findings) {
    expect([1, 2, 3, 4]).toContain(severity);
    expect(before <= start && start <= end && end <= text.length).toBe(true);
    before = start;
  }
}
