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
    let place = 0;
    let clock = 0;
    // The server takes the cursor away with the document: it is set anew under a later clock (AWR-5).
    const set = () => {
      const update = encodeCursor(doc.clientID, ++clock, { cursor: place });
      moving.tell('awareness:update', { documentId, update });
    };
    const { doc } = await OpenDocument.open(moving, documentId, {
      onReopened: () => place > 0 && set(),
    });
    const watching = await Link.connect(stage.url, accessToken);
    links.push(watching);
    const watched = new WatchedCursor(doc.clientID, metrics);
    watching.on('awareness:update', (body: { documentId: string; update: ArrayBuffer }) => {
      if (body.documentId === documentId) watched.take(new Uint8Array(body.update));
    });
    await OpenDocument.open(watching, documentId, {
      onReopened: ({ awareness }) => watched.takeAll(awareness && new Uint8Array(awareness)),
    });

    const broken = Promise.race([moving.broken, watching.broken]);
    broken.catch(() => {});
    while (place < stage.times) {
      watched.moved(++place);
      set();
      await Promise.race([delay(1000 / stage.perSecond), broken]);
    }
    await Promise.race([within(stage.settleMs, 'cursor_not_seen', watched.until(stage.times)), broken]);
    metrics.emit('counter', 'tandem.cursors_seen', 1);
    const left = performance.now();
    const gone = watched.leaves();
    moving.close();
    await Promise.race([within(stage.settleMs, 'cursor_stayed', gone), watching.broken]);
    metrics.emit('histogram', 'tandem.cursor_gone_ms', performance.now() - left);
  } finally {
    for (const link of links) link.close();
  }
}

/** What the watching connection has seen of one cursor. */
class WatchedCursor {
  readonly #client: number;
  readonly #metrics: Metrics;
  readonly #movedAt: number[] = [];
  #seen = 0;
  #isShown = false;
  #awaited: { place: number; resolve: () => void } | undefined;
  #leave: () => void = () => {};

  constructor(client: number, metrics: Metrics) {
    this.#client = client;
    this.#metrics = metrics;
  }

  moved(place: number): void {
    this.#movedAt[place] = performance.now();
  }

  /** Resolves when it is not there, from now on. */
  leaves(): Promise<void> {
    return new Promise((resolve) => {
      this.#leave = resolve;
      if (!this.#isShown) resolve();
    });
  }

  /** The cursors of everybody: who is not among them went unseen. */
  takeAll(update: Uint8Array | undefined): void {
    this.#isShown = false;
    if (update) this.take(update);
    if (!this.#isShown) this.#leave();
  }

  take(update: Uint8Array): void {
    for (const { client, state } of decodeCursors(update)) {
      if (client !== this.#client) continue;
      if (state === null) this.#went();
      else this.#came(state.cursor ?? 0);
    }
  }

  until(place: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = { place, resolve };
      this.#see(this.#seen);
    });
  }

  #went(): void {
    this.#isShown = false;
    this.#leave();
  }

  #came(place: number): void {
    this.#isShown = true;
    if (place > this.#seen) this.#see(place);
  }

  #see(place: number): void {
    const movedAt = this.#movedAt[place];
    if (place > this.#seen && movedAt !== undefined) {
      this.#metrics.emit('histogram', 'tandem.cursor_ms', performance.now() - movedAt);
    }
    this.#seen = place;
    if (this.#awaited && this.#seen >= this.#awaited.place) this.#awaited.resolve();
  }
}
