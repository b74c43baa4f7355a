import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../protocol/dist/testing/seeded-random.js';

interface Corpus {
  readonly package: string;
  readonly folder: string;
  readonly files: RegExp;
  readonly language: string;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Split {
  readonly train: readonly SourceFile[];
  readonly held: readonly SourceFile[];
}

const PACKAGES = join(import.meta.dirname, 'node_modules');
const HELD_OUT = 0.12;
const SEED = 7;

/** Packages that publish the sources they were written in; pinned by package-lock.json. */
export const CORPORA: readonly Corpus[] = [
  { package: 'yjs', folder: 'src', files: /\.js$/, language: 'JavaScript' },
  { package: 'preact', folder: '.', files: /(^|\/)src\/.*\.(js|ts)$/, language: 'JavaScript' },
  { package: '@tanstack/query-core', folder: 'src', files: /\.tsx?$/, language: 'TypeScript' },
  { package: 'zod', folder: 'src/v4', files: /^(core|classic|mini)\/.*\.ts$/, language: 'TypeScript' },
  { package: 'rxjs', folder: 'src', files: /\.ts$/, language: 'TypeScript' },
  { package: 'node-gyp', folder: 'gyp', files: /\.py$/, language: 'Python' },
];

export const versionOf = (corpus: Corpus): string =>
  JSON.parse(readFileSync(join(PACKAGES, corpus.package, 'package.json'), 'utf8')).version;

/** The same split every time: each file is held out with a probability of 12 %. */
export const readCorpus = (corpus: Corpus): Split => {
  const root = join(PACKAGES, corpus.package, corpus.folder);
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => corpus.files.test(path) && !path.includes('node_modules') && !path.endsWith('.d.ts'))
    .sort();
  const random = seededRandom(SEED);
  const train: SourceFile[] = [];
  const held: SourceFile[] = [];
  for (const path of paths) {
    const file = { path, text: readFileSync(join(root, path), 'utf8') };
    (random.chance(HELD_OUT) ? held : train).push(file);
  }
  return { train, held };
};
