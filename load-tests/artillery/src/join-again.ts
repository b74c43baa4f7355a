import { setTimeout as delay } from 'node:timers/promises';
import { BrokenPromise } from './broken-promise.ts';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { OpenDocument } from './open-document.ts';
import { type Context, seatOf, stage } from './seat.ts';

/** Opens a document with nothing at hand, looks whether it is whole, and closes it. */
export async function joinAgainAndAgain(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, seat } = seatOf(context);
  const link = await Link.connect(stage.url, accessToken);
  try {
    for (let time = 0; time < stage.times; time++) {
      const documentId = stage.documentIds[(seat + time) % stage.documentIds.length] as string;
      const began = performance.now();
      const document = await OpenDocument.open(link, documentId);
      metrics.emit('histogram', 'tandem.join_ms', performance.now() - began);
      const { length } = document.doc.getText('content');
      if (length !== stage.characters) throw new BrokenPromise('not_whole', `${length} of ${stage.characters}`);
      metrics.emit('counter', 'tandem.joined', 1);
      await document.close();
      document.doc.destroy();
      await delay(1000 / stage.perSecond);
    }
  } finally {
    link.close();
  }
}
