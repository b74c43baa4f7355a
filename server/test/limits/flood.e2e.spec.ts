import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { StormStage } from './support/storm-stage.js';

const FLOODERS = 50;
/**
 * G8 is 100 ms for 99 of 100 on a machine that does nothing else (`STRICT=1`); without turns it was 600 ms to 2 s for 90 of
 * 100, and up to 6 s.
 */
const IS_STRICT = process.env.STRICT === '1';
const EDITS = IS_STRICT ? 400 : 100;
const [QUANTILE, ACK_MS] = IS_STRICT ? [0.99, 100] : [0.8, 400];

let database: TestDatabase;
let stage: StormStage;
let server: ServerProcess;
let driver: ChildProcess | undefined;
let client: PlainClient | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  stage = await StormStage.build(database.url, { people: FLOODERS + 1, documents: 10, each: 1, text: 100, edits: 0 });
  const env = { DATABASE_URL: database.url, TANDEM_SECRET: stage.secret, ANALYSIS: 'request', DEMO: 'false' };
  server = await startServerProcess({ env });
});
afterEach(() => {
  driver?.kill('SIGKILL');
  client?.disconnect();
});
afterAll(async () => {
  await stopAllServers();
  await database?.drop();
});

async function honestEditor(): Promise<PlainEditor> {
  const seat = stage.seats.at(-1)!;
  client = new PlainClient(server.url, { token: seat.token, protocol: 1 });
  await client.greeted();
  return PlainEditor.open(client, seat.documentIds[0]!);
}

it.each([
  ['edits that do not decode', 'malformed'],
  ['events that do not exist', 'events'],
  ['opens', 'opens'],
  ['cursors', 'cursors'],
])(
  'G8 A21: fifty connections that flood with %s leave an honest editor its acks',
  async (_what, kind) => {
    const editor = await honestEditor();
    const totals = { sent: 0, closed: 0, reasons: {} as Record<string, number> };
    driver = fork(new URL('./support/flood-driver.mjs', import.meta.url));
    driver.on('message', (told) => Object.assign(totals, told));
    const seats = stage.seats.slice(0, FLOODERS);
    driver.send({ port: Number(new URL(server.url).port), seats, kinds: [kind] });
    await eventually('the flood is there', () => totals.sent > 2_000_000);
    const waits: number[] = [];
    for (let n = 0; n < EDITS; n++) {
      const since = performance.now();
      await editor.type('.');
      waits.push(performance.now() - since);
      await delay(10);
    }
    waits.sort((a, b) => a - b);
    const at = (quantile: number) => waits[Math.floor(EDITS * quantile)]!;
    if (IS_STRICT) process.stdout.write(`${kind}: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)} ms\n`);
    expect(at(QUANTILE)).toBeLessThan(IS_STRICT ? ACK_MS : ACK_MS * patience());
    // Requests are refused and then their senders closed; edits and cursors are read slowly.
    const isClosedFor = kind === 'events' || kind === 'opens' ? { rate_limited: expect.any(Number) } : {};
    expect(totals.reasons).toEqual(isClosedFor);
  },
  180_000,
);
