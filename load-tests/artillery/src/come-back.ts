import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { OpenDocument } from './open-document.ts';
import { type Context, seatOf, stage } from './seat.ts';
import { BACK_FILE, READY_FILE } from './storm-files.ts';
import { within } from './within.ts';

/** Tries of one person are never further apart (CON-4). */
const FURTHEST_MS = 2500;
const DOCUMENTS = 3;

/** Opens documents, types into each, loses the server, comes back with jitter, and types into each again. */
export async function comeBack(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, seat } = seatOf(context);
  const ids = Array.from(
    { length: Math.min(DOCUMENTS, stage.documentIds.length) },
    (_, n) => stage.documentIds[(seat + n) % stage.documentIds.length] as string,
  );
  const docs = ids.map(() => new Y.Doc());
  const openAll = async (link: Link) => {
    const opened = ids.map((id, n) => OpenDocument.open(link, id, { doc: docs[n] as Y.Doc }));
    return Promise.all(opened);
  };
  let link = await Link.connect(stage.url, accessToken);
  try {
    await typeInto(await openAll(link), metrics);
    appendFileSync(join(stage.dir, READY_FILE), '.');
    await lost(link);
    const began = performance.now();
    link.close();
    link = await reconnect(accessToken);
    const documents = await openAll(link);
    appendFileSync(join(stage.dir, BACK_FILE), `${Date.now()}\n`);
    metrics.emit('counter', 'tandem.back', 1);
    metrics.emit('histogram', 'tandem.away_ms', performance.now() - began);
    await Promise.race([within(stage.settleMs, 'not_stored', typeInto(documents, metrics)), link.broken]);
  } finally {
    link.close();
  }
}

async function lost(link: Link): Promise<void> {
  await within(stage.settleMs, 'not_lost', link.broken).catch((error) => {
    if (!(error instanceof BrokenPromise) || error.code !== 'disconnected') throw error;
  });
}

async function reconnect(accessToken: string): Promise<Link> {
  const end = performance.now() + stage.settleMs;
  for (let attempt = 0; ; attempt++) {
    await delay(Math.random() * Math.min(FURTHEST_MS, 200 * 2 ** attempt));
    try {
      return await Link.connect(stage.url, accessToken);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** One key into each; resolves when all are stored. */
async function typeInto(documents: readonly OpenDocument[], metrics: Metrics): Promise<void> {
  await Promise.all(
    documents.map(async (document) => {
      const before = Y.encodeStateVector(document.doc);
      document.doc.getText('content').insert(0, 'x');
      await document.send(Y.encodeStateAsUpdate(document.doc, before));
      metrics.emit('counter', 'tandem.stored', 1);
    }),
  );
}
