// npm run bench:large: a large document that everybody opens at once, beside a raw ws server that sends the same bytes.
//   --check fails below the targets; EDITORS=150, MEGABYTES=4 and, for its memory, BIG_MEGABYTES=20 are the sizes.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { untilInterrupted } from '../../src/until-interrupted.ts';
import { Editor } from '../editor.ts';
import { Samples } from '../samples.ts';
import { type Site, startSite } from '../site.ts';
import { largeDocument } from './document.ts';
import { RawClient } from './raw-client.ts';

const EDITORS = Number(process.env.EDITORS ?? 150);
const MEGABYTE = 1024 * 1024;
const SIZE = Number(process.env.MEGABYTES ?? 4) * MEGABYTE;
const BIG_SIZE = Number(process.env.BIG_MEGABYTES ?? 20) * MEGABYTE;
/** Editors whose document is put together and compared. */
const SAMPLE = 3;
const PART = 256 * 1024;
const ROUNDS = 5;

/** Uploads each update in parts. */
async function fill(site: Site, token: string, projectId: string, updates: readonly Uint8Array[]): Promise<string> {
  const documentId = await site.createDocument(token, projectId, `large-${randomUUID()}.txt`);
  const client = await RawClient.signedIn(site.url, token);
  client.send(`421${JSON.stringify(['document:open', { documentId }])}`);
  await client.hears((text) => /^4(3|6\d+-)1\[/.test(text));
  let id = 1;
  for (const [index, update] of updates.entries()) {
    const parts = Math.ceil(update.length / PART);
    for (let part = 0; part < parts; part++) {
      const upload = { uploadId: `update ${index}`, part, parts, resync: true };
      const body = { documentId, update: { _placeholder: true, num: 0 }, ...upload };
      const prefix = `43${++id}[`;
      client.send(`451-${id}${JSON.stringify(['document:update', body])}`);
      client.send(update.subarray(part * PART, (part + 1) * PART));
      let answer = '';
      await client.hears((text) => {
        answer = text;
        return text.startsWith(prefix);
      });
      if (!answer.includes('"ok":true')) throw new Error(`part ${part} of the document was refused: ${answer}`);
    }
  }
  client.close();
  return documentId;
}

/** Milliseconds from the request to the last byte, of each. */
async function timeAll(
  clients: readonly RawClient[],
  bytes: number,
  ask: (client: RawClient) => void,
): Promise<Samples> {
  const samples = new Samples();
  const done = clients.map((client) => client.received(bytes));
  const began = performance.now();
  for (const client of clients) ask(client);
  await Promise.all(done);
  for (const client of clients) samples.add(client.lastAt - began);
  return samples;
}

/** The returned call verifies a sample of what came, which takes its time. */
async function openAtOnce(
  site: Site,
  token: string,
  documentId: string,
  state: Uint8Array,
): Promise<{ samples: Samples; verify: () => void }> {
  const clients = await Promise.all(
    Array.from({ length: EDITORS }, (_, index) => RawClient.signedIn(site.url, token, index < SAMPLE)),
  );
  const request = `427${JSON.stringify(['document:open', { documentId }])}`;
  const samples = await timeAll(clients, state.length, (client) => client.send(request));
  for (const client of clients) client.close();
  const verifyAll = () => {
    for (const client of clients.slice(0, SAMPLE)) verify(client, state);
  };
  return { samples, verify: verifyAll };
}

/** What came is the document: the answer's own binary field (a state vector), then the pieces. */
function verify(client: RawClient, state: Uint8Array): void {
  const expected = new Y.Doc();
  Y.applyUpdate(expected, state);
  const all = client.pieces.filter((piece) => piece.length > 1024);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Buffer.concat(all));
  if (doc.getText('content').toString() !== expected.getText('content').toString())
    throw new Error('another text came');
}

interface RawServer {
  readonly child: ChildProcess;
  readonly port: number;
}

async function startRaw(state: Uint8Array): Promise<RawServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'raw-server.mjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(state);
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { child, port: Number(/\d+/.exec(line)![0]) };
}

async function rawAtOnce({ port }: RawServer, state: Uint8Array): Promise<Samples> {
  const clients = Array.from({ length: EDITORS }, () => new RawClient(`ws://127.0.0.1:${port}`, false));
  await Promise.all(clients.map((client) => client.opened()));
  const samples = await timeAll(clients, state.length, (client) => client.send('go'));
  for (const client of clients) client.close();
  return samples;
}

/** Ten who type in another document until the returned call, which resolves to their acks. */
async function typists(site: Site, token: string, projectId: string): Promise<() => Promise<Samples>> {
  const documentId = await site.createDocument(token, projectId, `other-${randomUUID()}.txt`);
  const editors = Array.from({ length: 10 }, () => new Editor(site.url, token, documentId));
  for (const editor of editors) await editor.open();
  const samples = new Samples();
  let isOver = false;
  const typing = editors.map(async (editor, index) => {
    await delay(index * 10);
    while (!isOver) {
      await editor.edit(samples);
      await delay(100);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(typing);
    for (const editor of editors) editor.close();
    return samples;
  };
}

function memory(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

await untilInterrupted(async (signal) => {
  const site = await startSite();
  const failures: string[] = [];
  const expect = (what: string, isMet: boolean) => {
    console.log(`${isMet ? 'ok    ' : 'MISSED'}  ${what}`);
    if (!isMet) failures.push(what);
  };
  let raw: RawServer | undefined;
  try {
    const { token, projectId } = await site.guest();
    const { state, updates } = largeDocument(SIZE);
    const documentId = await fill(site, token, projectId, updates);
    raw = await startRaw(state);
    const before = await typists(site, token, projectId);
    await delay(5000, undefined, { signal });
    const calm = await before();
    const ours: number[] = [];
    const theirs: number[] = [];
    const busy = new Samples();
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push((await rawAtOnce(raw, state)).quantile(0.5));
      const meanwhile = await typists(site, token, projectId);
      const { samples, verify } = await openAtOnce(site, token, documentId, state);
      ours.push(samples.quantile(0.5));
      const acks = await meanwhile();
      verify();
      for (let share = 0; share < 1; share += 0.01) busy.add(acks.quantile(share));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const ratio = median(ours) / median(theirs);
    const size = `${(state.length / MEGABYTE).toFixed(1)} MB x ${EDITORS} at once`;
    expect(
      `${size}: p50 to the last byte ${median(ours).toFixed(0)} ms, raw ws ${median(theirs).toFixed(0)} ms, ratio ${ratio.toFixed(2)} (at most 2)`,
      ratio <= 2,
    );
    const slower = busy.quantile(0.99) / calm.quantile(0.99);
    expect(
      `another document meanwhile: p99 of acks ${busy.quantile(0.99).toFixed(1)} ms, before ${calm.quantile(0.99).toFixed(1)} ms, ratio ${slower.toFixed(1)} (at most 5)`,
      slower <= 5,
    );
    const big = largeDocument(BIG_SIZE);
    // The highest so far is forgotten.
    writeFileSync(`/proc/${site.serverPid}/clear_refs`, '5');
    const { now } = memory(site.serverPid);
    const bigId = await fill(site, token, projectId, big.updates);
    await openAtOnce(site, token, bigId, big.state);
    const growth = (memory(site.serverPid).peak - now) / big.state.length;
    expect(
      `${(big.state.length / MEGABYTE).toFixed(0)} MB stored, and opened by ${EDITORS}: the server's memory grew by ${growth.toFixed(1)} times the document (below 10)`,
      growth < 10,
    );
    if (process.argv.includes('--check') && failures.length > 0) throw new Error(failures.join('; '));
  } finally {
    raw?.child.kill('SIGKILL');
    await site.stop();
  }
});
