import * as Y from 'yjs';
import type { Metrics } from './metrics.ts';

/** Follows in the watching document how far the writer's keys have come. Each key is one clock of the writer's client. */
export class Deliveries {
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
