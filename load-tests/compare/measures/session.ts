import { setTimeout as delay } from 'node:timers/promises';
import type { Running, Shape } from '../contestants.ts';
import { Ledger, type Room } from '../ledger.ts';
import type { Peer } from '../peers/peer.ts';
import { seedUpdate } from '../wire/keystrokes.ts';
import { RawSocket } from '../wire/raw-socket.ts';

const OPEN_AT_ONCE = 25;
const OPEN_MS = 20_000;
const SEED_MS = 30_000;
/** Editors of each document at which the time from edit to other is measured. */
const SAMPLED = 4;

/** Everybody connected to documents that hold nothing but the seed. */
export interface Session {
  readonly ledger: Ledger;
  readonly rooms: readonly Room[];
  readonly peers: readonly Peer[];
  close(): void;
}

export async function openSession(running: Running, shape: Shape): Promise<Session> {
  const ledger = new Ledger();
  const rooms = await running.stage(shape, ledger);
  const peers = rooms.flatMap((room) => room.peers);
  const close = () => {
    for (const peer of peers) peer.close();
  };
  try {
    await openAll(peers);
    for (const room of rooms) {
      const step = Math.max(1, Math.floor(room.writers / SAMPLED));
      for (const peer of room.peers) peer.isSampled = peer.place % step === 0;
      room.peers[0]!.seed(seedUpdate(room.seedClient, room.writers));
    }
    await until('everybody has the seed', SEED_MS, ledger, () => peers.every((peer) => peer.isSeeded));
    return { ledger, rooms, peers, close };
  } catch (error) {
    close();
    throw error;
  }
}

export async function openAll(peers: readonly Peer[]): Promise<void> {
  for (let at = 0; at < peers.length; at += OPEN_AT_ONCE) {
    const over = new AbortController();
    const late = delay(OPEN_MS, undefined, { signal: over.signal }).then(() => {
      throw new Error(`no answer to an open within ${OPEN_MS} ms`);
    });
    try {
      await Promise.race([Promise.all(peers.slice(at, at + OPEN_AT_ONCE).map((peer) => peer.open())), late]);
    } finally {
      over.abort();
      late.catch(() => {});
    }
  }
}

/** Rejects when it takes longer than `ms`, or when the ledger has a fault. */
export async function until(what: string, ms: number, ledger: Ledger, isSo: () => boolean): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (ledger.fault) throw new Error(ledger.fault);
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(5);
  }
}

/** Types as many as fit into the peer's window. */
export function fill(peer: Peer, window: number): void {
  const now = performance.now();
  while (peer.typed - peer.acked < window) peer.type(now);
}

/** Resolves when everything sent is acknowledged and has arrived at everybody else. */
export async function drain({ ledger, rooms }: Session, ms: number): Promise<void> {
  ledger.onRoom = undefined;
  RawSocket.flush();
  const typed = (room: Room) => room.peers.reduce((sum, peer) => sum + peer.typed, 0);
  const expected = rooms.reduce((sum, room) => sum + typed(room) * (room.writers - 1), 0);
  const isDone = () => ledger.acked === ledger.sent && ledger.delivered === expected;
  await until('all acknowledged and delivered', ms, ledger, isDone).catch((error) => {
    const counts = `${ledger.acked} of ${ledger.sent} acknowledged, ${ledger.delivered} of ${expected} delivered`;
    throw new Error(`${error.message}: ${counts}`);
  });
}

/** A client as its makers ship it opens the first document and must find in it all that was typed. */
export async function checkHeld(running: Running, { rooms, ledger }: Session): Promise<void> {
  const room = rooms[0]!;
  const length = room.writers + 1 + room.peers.reduce((sum, peer) => sum + peer.typed, 0);
  const client = await running.join(room, room.firstClient - 2);
  try {
    await until('the document holds everything', 20_000, ledger, () => client.text().length === length);
  } finally {
    await client.close();
  }
}
