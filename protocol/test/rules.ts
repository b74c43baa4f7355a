import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Rule {
  readonly id: string;
  /** C: a test in protocol/; S: one in server/. */
  readonly binds: 'C' | 'S';
  readonly text: string;
}

const ID = String.raw`(?:CON|SES|PRJ|DOC|AWR|PCK|CMP|ANA|HIST|ERR|LIM|VER)-\d+`;
const ROOT = join(import.meta.dirname, '../..');

export const readRules = (): Rule[] => {
  const page = readFileSync(join(ROOT, 'protocol/PROTOCOL.md'), 'utf8');
  return [...page.matchAll(new RegExp(String.raw`^\| (${ID}) \| ([CS]) \| (.+) \|$`, 'gm'))].map(
    ([, id, binds, text]) => ({ id: id!, binds: binds as 'C' | 'S', text: text! }),
  );
};

const specFiles = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : specFiles(path);
    return entry.name.endsWith('.spec.ts') ? [path] : [];
  });

/** The rules that test titles name: string literals that are the first argument of a call, `it.each(...)('...')` included. */
export const namedRules = (workspace: 'protocol' | 'server'): Set<string> => {
  const title = /\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;
  return new Set(
    specFiles(join(ROOT, workspace)).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(title)].flatMap(([, , text]) => text!.match(new RegExp(ID, 'g')) ?? []),
    ),
  );
};
