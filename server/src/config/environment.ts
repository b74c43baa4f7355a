import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of the process over the `.env` file of the folder it was started in. Parsed here instead of by
 * `dotenv.config()`, which changes `process.env` and prints a line of its own.
 */
export function readEnvironment(cwd: string = process.cwd()): Environment {
  return { ...readDotenv(join(cwd, '.env')), ...process.env };
}

function readDotenv(path: string): Record<string, string> {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder called .env is a Python habit; a file that cannot be read is said aloud, or its settings would be missed silently.
    if (code === 'ENOENT' || code === 'EISDIR') return {};
    throw error;
  }
}
