import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';
import { DocumentSocket } from './document-socket.ts';
import { readStage } from './stage.ts';
import { Typist } from './typist.ts';

interface Context {
  readonly vars: Record<string, unknown>;
}
interface Metrics {
  emit(kind: 'counter' | 'histogram', name: string, value: number): void;
  emit(kind: 'error', code: string): void;
}

/** How long after the last key everything must be stored and have arrived. */
const SETTLE_MS = 15_000;
const KEYS = 'the quick brown fox jumps over the lazy dog\n';

const stage = readStage();
let seats = 0;

/** Which account and which document: people are spread evenly over both. */
export async function takeSeat(context: Context): Promise<void> {
  const seat = seats++;
  const documentId = stage.documentIds[seat % stage.documentIds.length];
  Object.assign(context.vars, stage.accounts[seat % stage.accounts.length], { documentId });
}

/** Types on one connection and watches on another: each key must be stored, with a greater `seq`, and arrive there. */
export async function typeAndWatch(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, documentId } = context.vars as { accessToken: string; documentId: string };
  const open = (onFrame?: () => void) => DocumentSocket.open(stage.url, accessToken, documentId, onFrame);
  const sockets: DocumentSocket[] = [];
  try {
    const writer = await open();
    sockets.push(writer);
    const deliveries = new Deliveries(metrics, writer.doc.clientID, stage.keystrokes);
    const reader = await open(() => deliveries.look(reader.doc));
    sockets.push(reader);
    await Promise.race([type(writer, deliveries, metrics), writer.broken, reader.broken]);
    await Promise.race([within(SETTLE_MS, 'not_received_by_another', deliveries.complete), reader.broken]);
  } catch (error) {
    metrics.emit('error', error instanceof BrokenPromise ? error.code : String(error));
    throw error;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** Keys come at their time, whether the ones before are stored or not. Resolves when all are. */
async function type(writer: DocumentSocket, deliveries: Deliveries, metrics: Metrics): Promise<void> {
  const typist = new Typist(writer.doc);
  const stored: Promise<void>[] = [];
  writer.doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === 'server') return;
    const pressedAt = performance.now();
    deliveries.pressed(pressedAt);
    const answer = writer.send(update).then(() => {
      metrics.emit('counter', 'tandem.stored', 1);
      metrics.emit('histogram', 'tandem.stored_ms', performance.now() - pressedAt);
    });
    answer.catch(() => {});
    stored.push(answer);
  });
  const pause = 1000 / stage.keysPerSecond;
  const began = performance.now() + Math.random() * pause;
  for (let key = 0; key < stage.keystrokes; key += 1) {
    await delay(Math.max(0, began + key * pause - performance.now()));
    typist.press(KEYS[key % KEYS.length] as string);
  }
  await within(SETTLE_MS, 'not_stored', Promise.all(stored));
}

/** Follows in the watching document how far the writer's keys have come. Each key is one clock of the writer's client. */
class Deliveries {
  readonly complete: Promise<void>;
  readonly #metrics: Metrics;
  readonly #client: number;
  readonly #expected: number;
  readonly #pressedAt: number[] = [];
  #arrived = 0;
  #resolve: () => void = () => {};

  constructor(metrics: Metrics, client: number, expected: number) {
    this.#metrics = metrics;
    this.#client = client;
    this.#expected = expected;
    this.complete = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  pressed(at: number): void {
    this.#pressedAt.push(at);
  }

  look(doc: Y.Doc): void {
    const arrived = Y.getState(doc.store, this.#client);
    for (; this.#arrived < arrived; this.#arrived += 1) {
      const pressedAt = this.#pressedAt[this.#arrived];
      this.#metrics.emit('counter', 'tandem.received', 1);
      if (pressedAt !== undefined) {
        this.#metrics.emit('histogram', 'tandem.received_ms', performance.now() - pressedAt);
      }
    }
    if (this.#arrived >= this.#expected) this.#resolve();
  }
}

async function within<T>(ms: number, code: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new BrokenPromise(code, `within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
    late.catch(() => {});
  }
}
