import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type SeededRandom, seededRandom } from '@tandem/protocol/testing';
import { Client } from 'pg';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { fingerprint } from '../../src/testing/yjs-edits.js';
import { StormStage } from '../limits/support/storm-stage.js';
import { PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { storedFingerprint } from '../support/stored-updates.js';
import { mutateBytes, mutateText } from './support/mutate.js';
import { frameOf, hostileMessages, type Scene } from './support/packets.js';

const SEED = Number(process.env.SEED ?? 20_261_123);
/** Packets; of frames a quarter, of handshakes a tenth of it. A million takes some five minutes. */
const FUZZ = Number(process.env.FUZZ ?? 20_000);
const CONNECTIONS = 12;
/** Of one connection, unless it is ended before. */
const PACKETS = 200;
const HOSTILE = 4;

const UPGRADE =
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: tandem\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

let database: TestDatabase;
let sql: Client;
let stage: StormStage;
let server: ServerProcess;
let honest: PlainEditor;
let typing = true;
/** How the process ended, which it should not. */
let hasEnded: number | string | undefined;
const waits: number[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  stage = await StormStage.build(database.url, { people: HOSTILE + 1, documents: 2, each: 2, text: 100, edits: 3 });
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  // Rates that let everything through: what is behind them is looked at here.
  const most = Object.fromEntries(
    [
      'REQUEST_RATE',
      'REQUEST_BURST',
      'REQUEST_RATE_PER_USER',
      'REQUEST_BURST_PER_USER',
      'AWARENESS_RATE',
      'MESSAGE_RATE',
    ].map((key) => [key, '10000000']),
  );
  const env = { DATABASE_URL: database.url, TANDEM_SECRET: stage.secret, ANALYSIS: 'request', DEMO: 'false', ...most };
  server = await startServerProcess({ env: { ...env, HANDSHAKE_RATE_PER_ADDRESS: '1000000' } });
  void server.exited().then((code) => {
    hasEnded = code;
  });
  const seat = stage.seats.at(-1)!;
  honest = await PlainEditor.open(await connectAs(seat.token), seat.documentIds[0]!);
  void type();
});
afterEach(async () => {
  // It has not ended, and has called nothing unexpected.
  const faults = server
    .stderr()
    .split('\n')
    .filter((line) => line !== '' && !/"level":[1-4]0/.test(line));
  expect({ hasEnded, faults: faults.slice(0, 20) }).toEqual({ hasEnded: typing ? undefined : 0, faults: [] });
  if (typing) expect((await fetch(`${server.url}/livez`)).status).toBe(200);
});
afterAll(async () => {
  typing = false;
  honest?.client.disconnect();
  await stopAllServers();
  await sql?.end();
  await database?.drop();
});

async function connectAs(token: string): Promise<PlainClient> {
  const client = new PlainClient(server.url, { token, protocol: 1 });
  await client.greeted();
  return client;
}

/** Somebody works meanwhile. */
async function type(): Promise<void> {
  while (typing) {
    const since = performance.now();
    await honest.type('.').catch(() => 0);
    waits.push(performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

class Attack {
  heard = '';
  isOver = false;
  private readonly tcp: Socket;
  private onNews: () => void = () => undefined;

  constructor(request: string | Buffer) {
    const { hostname, port } = new URL(server.url);
    this.tcp = connect(Number(port), hostname, () => this.tcp.write(request));
    this.tcp.on('data', (data) => {
      if (this.heard.length < 10_000) this.heard += data.toString('latin1');
      this.onNews();
    });
    this.tcp.on('error', () => undefined);
    this.tcp.on('close', () => {
      this.isOver = true;
      this.onNews();
    });
    this.tcp.setTimeout(60_000, () => this.tcp.destroy());
  }

  /** Resolves when the words have come, or the connection has ended, or after the time. */
  until(words: string, timeoutMs = 60_000): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.onNews = () => {
        if (!this.isOver && !this.heard.includes(words)) return;
        clearTimeout(timer);
        resolve();
      };
      this.onNews();
    });
  }

  write(bytes: Buffer): Promise<void> | void {
    if (this.isOver || this.tcp.write(bytes)) return;
    return new Promise((resolve) => {
      this.tcp.once('drain', resolve);
      this.tcp.once('close', resolve);
    });
  }

  end(): void {
    this.tcp.destroy();
  }
}

/** Signed in, with both documents open. */
async function signedIn(seat: StormStage['seats'][number], random: SeededRandom): Promise<Attack> {
  const attack = new Attack(`${UPGRADE}\r\n`);
  await attack.until('pingInterval');
  const packed = random.chance(0.5) ? { packed: 1 } : {};
  await attack.write(frameOf(`40${JSON.stringify({ token: seat.token, protocol: 1, ...packed })}`, random));
  await attack.until('server:hello');
  for (const documentId of seat.documentIds) {
    await attack.write(frameOf(`421${JSON.stringify(['document:open', { documentId }])}`, random));
  }
  await attack.until('1[{"ok"');
  return attack;
}

/** `count` times over several connections at once; `one` answers how many it has sent. */
async function inParallel(count: number, one: (random: SeededRandom) => Promise<number>): Promise<void> {
  let sent = 0;
  const run = async (_: unknown, n: number) => {
    const random = seededRandom(SEED + n);
    while (sent < count && hasEnded === undefined) {
      // Not `+=` around an await: the others count meanwhile.
      const more = await one(random);
      sent += more;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
}

const sceneOf = (random: SeededRandom) => {
  const seat = stage.seats[random.integer(HOSTILE)]!;
  const scene: Scene = { documentId: random.pick(seat.documentIds), projectId: stage.projectId, token: seat.token };
  return { seat, scene };
};

describe(`A27 G8: a listening server under ${FUZZ} mutated packets (SEED=${SEED})`, () => {
  const timeout = 180_000 + FUZZ * 12;

  it(
    'A14 A15 A27: Engine.IO and Socket.IO packets',
    async () => {
      await inParallel(FUZZ, async (random) => {
        const { seat, scene } = sceneOf(random);
        const attack = await signedIn(seat, random);
        let sent = 0;
        for (; sent < PACKETS && !attack.isOver; sent++) {
          for (const message of hostileMessages(scene, random)) await attack.write(frameOf(message, random));
          // Now and then what was sent is waited for: else the connection is at its end before the first is answered.
          if (sent % 20 === 19) await new Promise(setImmediate);
        }
        attack.end();
        return sent;
      });
    },
    timeout,
  );

  it(
    'A17 A18 A27: websocket frames',
    async () => {
      await inParallel(Math.ceil(FUZZ / 4), async (random) => {
        const { seat, scene } = sceneOf(random);
        const attack = await signedIn(seat, random);
        let sent = 0;
        for (; sent < 20 && !attack.isOver; sent++) {
          const frames = hostileMessages(scene, random).map((message) => frameOf(message, random));
          const bytes = Buffer.concat(frames);
          // Mostly the headers: what is inside was the other test's.
          if (random.chance(0.7)) bytes[random.integer(Math.min(14, bytes.length))] = random.integer(256);
          await attack.write(random.chance(0.5) ? bytes : mutateBytes(bytes, random));
        }
        attack.end();
        return sent;
      });
    },
    timeout,
  );

  it(
    'A16 A22 A27: requests and hellos',
    async () => {
      await inParallel(Math.ceil(FUZZ / 10), async (random) => {
        const { seat } = sceneOf(random);
        if (random.chance(0.5)) {
          const attack = new Attack(`${mutateText(UPGRADE, random)}\r\n`);
          await attack.until('\r\n\r\n', 50);
          attack.end();
          return 1;
        }
        const attack = new Attack(`${UPGRADE}\r\n`);
        await attack.until('pingInterval');
        const hello = `40${JSON.stringify({ token: seat.token, protocol: 1, packed: 1 })}`;
        await attack.write(frameOf(mutateText(hello, random), random));
        if (random.chance(0.5)) await attack.write(mutateBytes(frameOf(hello, random), random));
        await attack.until('server:hello', 50);
        attack.end();
        return 1;
      });
    },
    timeout,
  );

  it(
    'G8: what was admitted applies whole, honest acks came all the while, and nothing is left behind',
    async () => {
      typing = false;
      expect(await honest.saved()).toHaveLength(waits.length);
      const sorted = [...waits].sort((a, b) => a - b);
      // Of a busy machine; with every hostile packet before it, an edit would wait for seconds.
      expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(500 * patience());
      for (const documentId of stage.seats[0]!.documentIds) {
        // Fails on the first row that waits for something.
        const stored = await storedFingerprint(sql, documentId);
        const cold = await PlainEditor.open(await connectAs(stage.seats[0]!.token), documentId);
        expect(fingerprint(cold.doc)).toEqual(stored);
        cold.client.disconnect();
      }
      honest.client.disconnect();
      const metric = async (name: string) => {
        const text = await (await fetch(`${server.url}/metrics`)).text();
        return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
      };
      await eventually('all connections are gone', async () => (await metric('tandem_socket_connections')) === 0);
      expect(await metric('tandem_socket_pending_connections')).toBe(0);
      expect(await metric('tandem_room_sessions')).toBe(0);
      expect(await metric('process_resident_memory_bytes')).toBeLessThan(800e6);
      expect(await server.stop('SIGTERM')).toBe(0);
    },
    timeout,
  );
});
