import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Tandem's own sources, which the model's constants are fitted on. The model's own folder is not among them. */
export const readOwnSources = (): string[] =>
  ['protocol/src', 'server/src', 'server/playground/src'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ts$/.test(path) && !path.includes('ngram'))
      .sort()
      .map((path) => readFileSync(join(ROOT, folder, path), 'utf8')),
  );
