import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../contestants.ts';
import { Ledger } from '../ledger.ts';
import type { Peer } from '../peers/peer.ts';
import { residentBytes } from '../processor-time.ts';
import { openAll } from './session.ts';

const STEP = 500;
const STEPS = 4;
const SETTLE_MS = 3000;
const MIB = 1024 * 1024;

/**
 * Resident memory with 500 idle connections, and what each further one adds, from 500 to 2,000. Two connections share a
 * document. What a collection would free is in it: nobody can ask a foreign server for one.
 */
export async function idleMemory(running: Running) {
  const peers: Peer[] = [];
  const ledger = new Ledger();
  const sizes: number[] = [];
  try {
    for (let step = 0; step < STEPS; step++) {
      const rooms = await running.stage({ documents: STEP / 2, writers: 2 }, ledger);
      const more = rooms.flatMap((room) => room.peers);
      peers.push(...more);
      await openAll(more);
      await delay(SETTLE_MS);
      if (ledger.fault) throw new Error(ledger.fault);
      sizes.push(residentBytes(running.pid));
    }
    const growth = (sizes.at(-1)! - sizes[0]!) / (STEP * (STEPS - 1));
    return { memory500: sizes[0]! / MIB, connectionKiB: growth / 1024 };
  } finally {
    for (const peer of peers) peer.close();
  }
}
