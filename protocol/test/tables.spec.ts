import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { DEFAULT_LIMITS, ERRORS } from '../src/index.js';

/** Run with WRITE_TABLES=1 to write the tables of PROTOCOL.md anew. */
const PAGE = join(import.meta.dirname, '../PROTOCOL.md');

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const errors = table(
  ['code', 'retry', 'HTTP', 'ends', 'message'],
  Object.entries(ERRORS).map(([code, kind]) => [
    `\`${code}\``,
    kind.retry,
    String(kind.status),
    'close' in kind ? 'yes' : '',
    kind.message,
  ]),
);
const limits = table(
  ['limit', 'default'],
  Object.entries(DEFAULT_LIMITS).map(([name, value]) => [`\`${name}\``, value.toLocaleString('en-US')]),
);

const between = (name: string) => new RegExp(`(<!-- ${name} -->\n)([^]*?)(<!-- /${name} -->)`);

it.each([
  ['errors', errors],
  ['limits', limits],
])('ERR-2: the table of %s in PROTOCOL.md is the one of the code', (name, expected) => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.WRITE_TABLES) writeFileSync(PAGE, page.replace(between(name), `$1${expected}\n$3`));
  const written = between(name).exec(readFileSync(PAGE, 'utf8'))?.[2];
  expect(written?.trim()).toBe(expected);
});
