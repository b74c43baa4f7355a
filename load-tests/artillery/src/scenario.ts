import { setTimeout as delay } from 'node:timers/promises';
import type * as Y from 'yjs';
import { Deliveries } from './deliveries.ts';
import { DocumentSocket } from './document-socket.ts';
import type { Metrics } from './metrics.ts';
import { readStage } from './stage.ts';
import { Typist } from './typist.ts';
import { within } from './within.ts';

interface Context {
  readonly vars: Record<string, unknown>;
}

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
  const open = (onFrame?: (doc: Y.Doc) => void) => DocumentSocket.open(stage.url, accessToken, documentId, onFrame);
  const sockets: DocumentSocket[] = [];
  try {
    const writer = await open();
    sockets.push(writer);
    const deliveries = new Deliveries(metrics, writer.doc.clientID, stage.keystrokes);
    const reader = await open((doc) => deliveries.look(doc));
    sockets.push(reader);
    await Promise.race([type(writer, deliveries, metrics), writer.broken, reader.broken]);
    await Promise.race([within(stage.settleMs, 'not_received_by_another', deliveries.complete), reader.broken]);
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
  await within(stage.settleMs, 'not_stored', Promise.all(stored));
}
