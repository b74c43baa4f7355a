import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';

/** Programs that npm does not bring, and Debian's package of each. `.ci/run` installs them. */
const PACKAGES = {
  'redis-server': 'redis-server',
  chromium: 'chromium',
  chromedriver: 'chromium-driver',
  'rabbitmq-server': 'rabbitmq-server',
  faketime: 'faketime',
} as const;
export type Program = keyof typeof PACKAGES;

/**
 * `describe` for specs that start a program. `body` gets its path. Where it is not installed the specs are skipped, which is
 * said aloud; under CI that is an error, so that no spec is ever missing from a green run.
 */
export function describeWith(program: Program, title: string, body: (path: string) => void): void {
  const path = findProgram(program);
  if (path !== undefined) {
    describe(title, () => body(path));
    return;
  }
  const words = `${program} is not installed (on Debian: apt-get install ${PACKAGES[program]})`;
  if (process.env.CI) throw new Error(`${title}: ${words}`);
  process.stderr.write(`SKIPPED ${title}: ${words}\n`);
  describe.skip(title, () => body(program));
}

/** Debian keeps servers where the PATH of a user does not look. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
