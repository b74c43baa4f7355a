import { mkdirSync } from 'node:fs';
import { describe } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { findProgram } from '../../../src/testing/requires.js';
import { makeTempDir } from '../../../src/testing/temp-dir.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Without these it asks its maker's hosts at every start, and it does not run as root at all. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/**
 * `describe` for specs that look at the page as people do. Where no Chromium is installed they are skipped, which is
 * said aloud; under CI that is an error, so that no spec is ever missing from a green run.
 */
export function describeInBrowser(title: string, body: () => void): void {
  if (browserPath() !== undefined) {
    describe(title, body);
    return;
  }
  const words = 'Chromium is not installed (on Debian: apt-get install chromium; elsewhere CHROMIUM=path)';
  if (process.env.CI) throw new Error(`${title}: ${words}`);
  process.stderr.write(`SKIPPED ${title}: ${words}\n`);
  describe.skip(title, body);
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath() ?? '', args: ARGUMENTS, timeout: 90_000 });
}

function browserPath(): string | undefined {
  return process.env.CHROMIUM || NAMES.map(findProgram).find((path) => path !== undefined);
}

let folder: string | undefined;

/** Where the pictures go: `SCREENSHOTS=folder`, else one in the temporary folder, which is printed. */
export function screenshotPath(name: string): string {
  folder ??= screenshotFolder();
  return `${folder}/${name}.png`;
}

function screenshotFolder(): string {
  const chosen = process.env.SCREENSHOTS;
  if (chosen) {
    mkdirSync(chosen, { recursive: true });
    return chosen;
  }
  const made = makeTempDir();
  process.stderr.write(`screenshots: ${made}\n`);
  return made;
}
