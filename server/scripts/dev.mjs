// npm run dev: compiles what is saved, starts the server anew when it compiled, and serves the page through Vite, which
// replaces what changed without a reload. Needs one build before (`npm run dev` makes it).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createServer } from 'vite';

const ROOT = join(import.meta.dirname, '..', '..');
const PORT = process.env.PORT || '3000';
const PAGE_PORT = Number(process.env.PAGE_PORT || 5173);
const SERVER_URL = `http://127.0.0.1:${PORT}`;
const PAGE_URL = `http://127.0.0.1:${PAGE_PORT}`;
/** Several compilers that finish together make one start. */
const SETTLE_MS = 150;

let stopping = false;
let server;
let timer;

function say(words) {
  console.log(`\x1b[2m[dev]\x1b[0m ${words}`);
}

/** A compiler that stays. Calls `done` after every compilation without errors, with the ones at its start. */
function compile(project, done) {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const child = spawn(process.execPath, [tsc, '-p', project, '--watch', '--preserveWatchOutput', '--pretty'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const errors = /Found (\d+) errors?\./.exec(text)?.[1];
    if (errors === '0') done();
    else if (!/^\W*\[?\d.*(Starting compilation|File change detected)/s.test(text)) process.stdout.write(text);
  });
  return child;
}

function restartSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => void restart(), SETTLE_MS);
}

let restarting;
let again = false;
/** One at a time: what is compiled during a restart makes another one. */
async function restart() {
  if (restarting) {
    again = true;
    return;
  }
  restarting = (async () => {
    do {
      again = false;
      await stopServer();
      if (!stopping) startServer();
    } while (again);
  })();
  await restarting;
  restarting = undefined;
}

function startServer() {
  const env = {
    ...process.env,
    PORT,
    PUBLIC_URL: process.env.PUBLIC_URL || PAGE_URL,
    ALLOWED_ORIGINS: process.env.ALLOWED_ORIGINS || PAGE_URL,
  };
  // Detached: Ctrl-C goes to the whole terminal group, and the server is to be stopped once, by us.
  server = spawn(process.execPath, ['--enable-source-maps', 'server/dist/main.js'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  server.once('exit', (code) => {
    if (!stopping && code !== null && code !== 0)
      say(`The server ended with ${code}; it starts again after the next save.`);
  });
}

async function stopServer() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}

async function stop() {
  if (stopping) return;
  stopping = true;
  clearTimeout(timer);
  for (const compiler of compilers) compiler.kill();
  await Promise.all([vite.close(), restarting, stopServer()]);
  process.exit(0);
}

const vite = await createServer({
  configFile: join(ROOT, 'server', 'playground', 'vite.config.ts'),
  server: {
    host: '127.0.0.1',
    port: PAGE_PORT,
    strictPort: true,
    proxy: { '/api': SERVER_URL, '/socket.io': { target: SERVER_URL, ws: true } },
  },
});
await vite.listen();
const compilers = ['protocol', 'migrations', 'server'].map((project) => compile(project, restartSoon));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());
say(`The page is at ${PAGE_URL}, the server at ${SERVER_URL}. Ctrl-C ends both.`);
