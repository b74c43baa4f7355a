import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { document, project, tokens } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { patience } from '../../src/testing/patience.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { type ServerProcess, startServerProcess, stopAllServers } from '../../src/testing/server-process.js';
import { PlainClient } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';

const PASSWORD = 'correct horse battery staple';
const GUESSERS = 100;
const EDITS = 60;
/** Without a bound on hashing this is seconds: each hash takes a thread of libuv, and 19 MiB. */
const ACK_MS = 400;

let database: TestDatabase;
let server: ServerProcess;
let client: PlainClient | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, TANDEM_SECRET: 'f'.repeat(40), ANALYSIS: 'request', DEMO: 'false' };
  server = await startServerProcess({ env });
});
afterAll(async () => {
  client?.disconnect();
  await stopAllServers();
  await database?.drop();
});

async function post(path: string, body: object, token?: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return fetch(`${server.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function honestEditor(): Promise<PlainEditor> {
  const registration = { email: 'ada@example.org', password: PASSWORD, displayName: 'Ada' };
  const { accessToken } = tokens.parse(await (await post('/auth/register', registration)).json());
  const { id } = project.parse(await (await post('/projects', { name: 'Apollo' }, accessToken)).json());
  const file = await post(`/projects/${id}/documents`, { path: 'a.txt' }, accessToken);
  client = new PlainClient(server.url, { token: accessToken, protocol: 1 });
  await client.greeted();
  return PlainEditor.open(client, document.parse(await file.json()).id);
}

test('A39 a flood of sign-ins and registrations is hashed in turn, and leaves an editor its acks', async () => {
  const editor = await honestEditor();
  const statuses: number[] = [];
  let goesOn = true;
  const guess = async (n: number) => {
    for (let round = 0; goesOn; round += 1) {
      const email = `guess-${n}-${round}@example.org`;
      const isRegistration = n % 4 === 0;
      const body = { email, password: `a sentence that is number ${n * round} of many` };
      const answer = isRegistration
        ? await post('/auth/register', { ...body, displayName: 'Guess' })
        : await post('/auth/login', body);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  };
  const flood = Promise.all(Array.from({ length: GUESSERS }, (_, n) => guess(n)));
  try {
    await eventually('the flood is there', () => statuses.length > GUESSERS);
    const waits: number[] = [];
    for (let n = 0; n < EDITS; n += 1) {
      const since = performance.now();
      await editor.type('.');
      waits.push(performance.now() - since);
      await delay(5);
    }
    waits.sort((a, b) => a - b);
    expect(waits[Math.floor(EDITS * 0.8)]).toBeLessThan(ACK_MS * patience());
  } finally {
    goesOn = false;
    await flood;
  }
  expect([...new Set(statuses)].filter((status) => ![201, 401, 429].includes(status))).toEqual([]);
}, 180_000);
