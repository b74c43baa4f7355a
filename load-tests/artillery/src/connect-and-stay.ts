import { setTimeout as delay } from 'node:timers/promises';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { type Context, seatOf, stage } from './seat.ts';

/** Connects, and must not be put out. */
export async function connectAndStay(context: Context, metrics: Metrics): Promise<void> {
  const began = performance.now();
  const link = await Link.connect(stage.url, seatOf(context).accessToken);
  try {
    metrics.emit('counter', 'tandem.connected', 1);
    metrics.emit('histogram', 'tandem.connect_ms', performance.now() - began);
    await Promise.race([delay((stage.times / stage.perSecond) * 1000), link.broken]);
  } finally {
    link.close();
  }
}
