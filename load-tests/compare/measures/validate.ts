import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../contestants.ts';
import { Ledger, type Room } from '../ledger.ts';
import type { Peer } from '../peers/peer.ts';
import type { RealClient } from '../providers/real-client.ts';
import { seedUpdate } from '../wire/keystrokes.ts';
import { RawSocket } from '../wire/raw-socket.ts';
import { until } from './session.ts';

const PEERS = 4;
const CLIENTS = 3;
const KEYS = 40;
const WAIT_MS = 15_000;

/**
 * Hand-written peers and clients as their makers ship them type into one document at the same time: all clients must end
 * with the same text, with every key of everybody in it, and every peer must have counted just those.
 */
export async function validate(running: Running): Promise<void> {
  const ledger = new Ledger();
  const [room] = await running.stage({ documents: 1, writers: PEERS + CLIENTS }, ledger);
  if (!room) throw new Error('no document');
  const peers = room.peers.slice(0, PEERS);
  // Their places are the clients'.
  room.peers.length = PEERS;
  const clients: RealClient[] = [];
  try {
    await Promise.all(peers.map((peer) => peer.open()));
    for (let n = 0; n < CLIENTS; n++) clients.push(await running.join(room, room.firstClient + PEERS + n));
    peers[0]!.seed(seedUpdate(room.seedClient, room.writers));
    const empty = room.writers + 1;
    const hasSeed = () => clients.every((client) => client.text().length === empty);
    await until('everybody has the seed', WAIT_MS, ledger, () => peers.every((peer) => peer.isSeeded) && hasSeed());
    await typeAll(peers, clients);
    await until('all replicas are the same', WAIT_MS, ledger, () => isSame(room, clients)).catch((error) => {
      const lengths = clients.map((client) => client.text().length).join();
      throw new Error(`${error.message}: ${lengths} characters; counted ${peers.map((peer) => peer.known.join(' '))}`);
    });
  } finally {
    for (const peer of peers) peer.close();
    for (const client of clients) await client.close();
  }
}

async function typeAll(peers: readonly Peer[], clients: readonly RealClient[]): Promise<void> {
  for (let key = 0; key < KEYS; key++) {
    for (const peer of peers) peer.type(performance.now());
    RawSocket.flush();
    for (const client of clients) client.insert(Math.floor(Math.random() * client.text().length), 'X');
    await delay(2);
  }
}

function isSame(room: Room, clients: readonly RealClient[]): boolean {
  const texts = clients.map((client) => client.text());
  const length = room.writers + 1 + room.writers * KEYS;
  const counted = room.peers.every((peer) =>
    peer.known.every((clocks, place) => clocks === KEYS || (place === peer.place && peer.ackedBy !== 'echo')),
  );
  return counted && texts.every((text) => text.length === length && text === texts[0]);
}
