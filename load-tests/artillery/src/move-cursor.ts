import { setTimeout as delay } from 'node:timers/promises';
import { decodeCursors, encodeCursor } from './cursors.ts';
import { Link } from './link.ts';
import type { Metrics } from './metrics.ts';
import { OpenDocument } from './open-document.ts';
import { type Context, seatOf, stage } from './seat.ts';
import { within } from './within.ts';

/**
 * Moves a cursor on one connection and watches it on another. In a crowd newer states may take the place of older ones; the
 * last one must arrive, and when its person leaves it must go.
 */
export async function moveCursor(context: Context, metrics: Metrics): Promise<void> {
  const { accessToken, documentId } = seatOf(context);
  const moving = await Link.connect(stage.url, accessToken);
  const links = [moving];
  try {
    const { clientID } = (await OpenDocument.open(moving, documentId)).doc;
    const watching = await Link.connect(stage.url, accessToken);
    links.push(watching);
    const watched = new WatchedCursor(clientID, metrics);
    watching.on('awareness:update', (body: { documentId: string; update: ArrayBuffer }) => {
      if (body.documentId === documentId) watched.take(new Uint8Array(body.update));
    });
    await OpenDocument.open(watching, documentId);

    const broken = Promise.race([moving.broken, watching.broken]);
    broken.catch(() => {});
    for (let clock = 1; clock <= stage.times; clock++) {
      watched.moved(clock);
      moving.tell('awareness:update', { documentId, update: encodeCursor(clientID, clock, { cursor: clock }) });
      await Promise.race([delay(1000 / stage.perSecond), broken]);
    }
    await Promise.race([within(stage.settleMs, 'cursor_not_seen', watched.until(stage.times)), broken]);
    metrics.emit('counter', 'tandem.cursors_seen', 1);
    const left = performance.now();
    moving.close();
    await Promise.race([within(stage.settleMs, 'cursor_stayed', watched.gone), watching.broken]);
    metrics.emit('histogram', 'tandem.cursor_gone_ms', performance.now() - left);
  } finally {
    for (const link of links) link.close();
  }
}

/** What the watching connection has seen of one cursor. */
class WatchedCursor {
  readonly gone: Promise<void>;
  readonly #client: number;
  readonly #metrics: Metrics;
  readonly #movedAt: number[] = [];
  #seen = 0;
  #awaited: { clock: number; resolve: () => void } | undefined;
  #leave: () => void = () => {};

  constructor(client: number, metrics: Metrics) {
    this.#client = client;
    this.#metrics = metrics;
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
  }

  moved(clock: number): void {
    this.#movedAt[clock] = performance.now();
  }

  take(update: Uint8Array): void {
    for (const { client, clock, isGone } of decodeCursors(update)) {
      if (client !== this.#client) continue;
      if (isGone) this.#leave();
      else if (clock > this.#seen) this.#see(clock);
    }
  }

  until(clock: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { clock, resolve };
      this.#see(this.#seen);
    });
  }

  #see(clock: number): void {
    const movedAt = this.#movedAt[clock];
    if (clock > this.#seen && movedAt !== undefined) {
      this.#metrics.emit('histogram', 'tandem.cursor_ms', performance.now() - movedAt);
    }
    this.#seen = clock;
    if (this.#awaited && this.#seen >= this.#awaited.clock) this.#awaited.resolve();
  }
}
