import { createHash, randomBytes } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readOrCreatePrivateFile } from '../../config/private-file.js';
import { StartError } from './start-error.js';

interface Instance {
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly url?: string;
}

/** A holder that is stopping is waited for: a watcher that starts us again may be quicker than the drain. */
const WAIT_FOR_STOP_MS = 15_000;

/**
 * One server on one data dir. The lock is a listening socket: the kernel frees it with the process, so that no kill leaves it
 * behind, and it answers whoever connects with who holds it.
 */
export class InstanceLock {
  #instance: Instance = { pid: process.pid, state: 'starting' };

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.end(JSON.stringify(this.#instance));
    });
    // The lock alone is no reason to stay.
    server.unref();
  }

  /** @throws StartError that names the running server. */
  static async acquire(dataDir: string): Promise<InstanceLock> {
    const address = await addressOf(dataDir);
    for (const deadline = performance.now() + WAIT_FOR_STOP_MS; ; await delay(100)) {
      const server = await listen(address);
      if (server) return new InstanceLock(server);
      const holder = await ask(address);
      if (holder === 'nobody') await removeStale(address);
      else if (holder !== 'silent' && holder.state !== 'stopping') throw alreadyRunning(dataDir, holder);
      if (performance.now() > deadline) throw alreadyRunning(dataDir, holder);
    }
  }

  announce(state: Instance['state'], url?: string): void {
    this.#instance = { ...this.#instance, state, url };
  }

  release(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/**
 * Linux has socket names outside the file system: nothing to remove, and no limit of 107 bytes for the path of the clone. The
 * name holds a random part that only the owner can read, or any local user could take the name first.
 */
async function addressOf(dataDir: string): Promise<string> {
  const token = await readOrCreatePrivateFile(join(dataDir, 'lock'), () => randomBytes(16).toString('hex'));
  // With the folder's own number and not its path: a link leads to the same server, a copy of the clone is another one.
  const { dev, ino } = await stat(dataDir);
  const digest = createHash('sha256').update(`${token} ${dev} ${ino}`).digest('hex');
  const name = `tandem-${digest.slice(0, 32)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}

/** `silent` is a holder that is too busy to answer: it must not be taken for nobody. */
function ask(address: string): Promise<Instance | 'nobody' | 'silent'> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(address);
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve('nobody');
    });
    socket.on('close', () => {
      try {
        resolve(JSON.parse(answer) as Instance);
      } catch {
        resolve('silent');
      }
    });
  });
}

/** Where sockets are files, a killed holder leaves one behind that nobody answers on. */
async function removeStale(address: string): Promise<void> {
  if (!address.startsWith('\0')) await rm(address, { force: true });
}

function alreadyRunning(dataDir: string, holder: Instance | 'nobody' | 'silent'): StartError {
  const known: Partial<Instance> = typeof holder === 'string' ? {} : holder;
  const where = known.url ? ` at ${known.url}` : '';
  const who = known.pid ? `, process ${known.pid}` : '';
  return new StartError(
    `Tandem is already ${known.state ?? 'running'}${where} (data in ${dataDir}${who}). ` +
      'Use that one, or set TANDEM_DATA_DIR for a second.',
  );
}
