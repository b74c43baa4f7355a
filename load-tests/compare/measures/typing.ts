import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from '../peers/peer.ts';
import { RawSocket } from '../wire/raw-socket.ts';

/**
 * Everybody types at an even pace, each at a moment of its own: `rate` edits of all in a second, for `ms`. The time of an
 * edit counts from when it was due, or from when it was sent. Resolves to false when it gave up: too many are under way.
 */
export async function typeAtRate(
  peers: readonly Peer[],
  rate: number,
  ms: number,
  since: 'due' | 'sent',
): Promise<boolean> {
  const period = (peers.length / rate) * 1000;
  const phases = peers.map(() => Math.random() * period).sort((a, b) => a - b);
  const order = shuffled(peers);
  const start = performance.now();
  for (let typed = 0; ; ) {
    const now = performance.now() - start;
    for (;;) {
      const turn = typed % order.length;
      const due = Math.floor(typed / order.length) * period + phases[turn]!;
      if (due > now || due >= ms) break;
      const peer = order[turn]!;
      if (peer.isFull) return false;
      peer.type(since === 'due' ? start + due : performance.now());
      typed++;
    }
    RawSocket.flush();
    if (now >= ms) return true;
    await delay(1);
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
