import { setTimeout as delay } from 'node:timers/promises';
import { Deliveries } from './deliveries.ts';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { OpenDocument } from './open-document.ts';
import { type Context, seatOf, stage } from './seat.ts';
import { Typist } from './typist.ts';
import { within } from './within.ts';

const KEYS = 'the quick brown fox jumps over the lazy dog\n';

/** Types on one connection and watches on another: each key must be stored, with a greater `seq`, and arrive there. */
export async function typeAndWatch(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, documentId } = seatOf(context);
  const links: Link[] = [];
  const connect = async () => {
    const link = await Link.connect(stage.url, accessToken);
    links.push(link);
    return link;
  };
  try {
    const writing = await connect();
    const writer = await OpenDocument.open(writing, documentId);
    const deliveries = new Deliveries(metrics, writer.doc.clientID, stage.times);
    const reading = await connect();
    await OpenDocument.open(reading, documentId, { onFrame: (doc) => deliveries.look(doc) });
    await Promise.race([type(writer, deliveries, metrics), writing.broken, reading.broken]);
    await Promise.race([within(stage.settleMs, 'not_received_by_another', deliveries.complete), reading.broken]);
  } finally {
    for (const link of links) link.close();
  }
}

/** Keys come at their time, whether the ones before are stored or not. Resolves when all are. */
async function type(writer: OpenDocument, deliveries: Deliveries, metrics: Metrics): Promise<void> {
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
  const pause = 1000 / stage.perSecond;
  const began = performance.now() + Math.random() * pause;
  for (let key = 0; key < stage.times; key += 1) {
    await delay(Math.max(0, began + key * pause - performance.now()));
    typist.press(KEYS[key % KEYS.length] as string);
  }
  await within(stage.settleMs, 'not_stored', Promise.all(stored));
}
