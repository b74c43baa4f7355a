// node server/scripts/screenshot.mjs [file]: takes the picture of the README, server/docs/playground.png, anew.
// Needs a build and a Chromium (CHROMIUM=path where it is not /usr/bin/chromium). Starts a server of its own, lets two
// people into its demo project, and photographs what one of them sees while the other writes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const SERVER = join(import.meta.dirname, '..');
const PICTURE = process.argv[2] ?? join(SERVER, 'docs', 'playground.png');
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const FILE = 'src/todo.ts';
/** Where the other one writes, and what. */
const BELOW = 'A new list in which one task has changed sides';
const WRITTEN = `/** The same list, the open tasks first. */
export function sorted(tasks: readonly Task[]): Task[] {
  return [...tasks].sort((a, b) => Number(a.done) - Number(b.done));
}

`;

const folder = mkdtempSync(join(tmpdir(), 'tandem-picture-'));
// The started PostgreSQL runs as a user of its own when this runs as root.
chmodSync(folder, 0o711);
const server = spawn(process.execPath, [join(SERVER, 'dist', 'main.js')], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    PORT: '0',
    LOG_LEVEL: 'warn',
    TANDEM_STATE_DIR: join(folder, 'state'),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(server, 'exit');
let browser;
try {
  const link = await Promise.race([printedLink(), ended.then(() => Promise.reject(new Error('the server ended')))]);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  const [author, reader] = [await enter(link), await enter(link)];

  await author.locator('.cm-line', { hasText: BELOW }).click();
  await author.keyboard.press('Home');
  for (const line of WRITTEN.split(/(?<=\n)/)) await author.keyboard.insertText(line);
  await reader.locator('.cm-line', { hasText: 'export type Filter' }).click();
  await reader.keyboard.press('End');
  await author.locator('.cm-line', { hasText: 'Number(b.done)' }).click();
  // What the line returns is selected, from left to right: the flag stands where nothing else does.
  for (const key of ['Home', 'Control+ArrowRight', 'ArrowRight', 'Shift+End']) await author.keyboard.press(key);
  // The last move shows the name; its flag glides to where the caret is.
  await reader.locator('.remote-selection').first().waitFor();
  const caret = reader.locator('.remote-caret.named');
  await caret.waitFor();
  await caret.evaluate((flag) => Promise.all(flag.getAnimations({ subtree: true }).map(({ finished }) => finished)));
  await reader.screenshot({ path: PICTURE });
  console.log(`${PICTURE}: ${Math.round(statSync(PICTURE).size / 1024)} kB`);
} finally {
  await browser?.close();
  server.kill('SIGINT');
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

async function printedLink() {
  let said = '';
  for await (const text of server.stdout.setEncoding('utf8')) {
    said += text;
    const link = /Open (http\S+)/.exec(said)?.[1];
    if (link) return link;
  }
  throw new Error(`no link in:\n${said}`);
}

/** Somebody in a browser of their own, with the file in front. */
async function enter(link) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'dark' });
  const page = await context.newPage();
  await page.goto(link);
  await page.locator('html[data-ready=true]').waitFor();
  await page.locator(`[data-testid=file][data-path="${FILE}"]`).click();
  await page.locator('.cm-line', { hasText: BELOW }).waitFor();
  return page;
}
