import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Ledger, Room } from './ledger.ts';
import { HocuspocusPeer } from './peers/hocuspocus-peer.ts';
import type { Peer } from './peers/peer.ts';
import { RelayPeer } from './peers/relay-peer.ts';
import { TandemPeer } from './peers/tandem-peer.ts';
import { YSocketIoPeer } from './peers/y-socket-io-peer.ts';
import { YWebsocketPeer } from './peers/y-websocket-peer.ts';
import { YardstickPeer } from './peers/yardstick-peer.ts';
import { joinWith, type RealClient } from './providers/real-client.ts';
import { joinStock } from './providers/stock-tandem.ts';
import { startChild } from './servers/child-server.ts';
import { type Guest, startTandem } from './servers/tandem-site.ts';

/** Documents and the writers of each. */
export interface Shape {
  readonly documents: number;
  readonly writers: number;
}

/** A server that runs, and how to write to it. */
export interface Running {
  readonly pid: number;
  readonly database?: { readonly pid: number; readonly url: string };
  /** New documents, and peers that are not connected yet, one for each writer. */
  stage(shape: Shape, ledger: Ledger): Promise<Room[]>;
  /** Opens the document with a client as its makers ship it. */
  join(room: Room, clientId: number): Promise<RealClient>;
  stop(): Promise<void>;
}

export interface Contestant {
  readonly label: string;
  /** Whether somebody who comes later gets what was written before. */
  readonly keeps: boolean;
  start(): Promise<Running>;
}

interface Small {
  readonly label: string;
  readonly script: string;
  readonly args?: (dir: string) => string[];
  readonly provider: string;
  readonly keeps?: boolean;
  readonly peer: new (port: number, room: Room, place: number, ledger: Ledger) => Peer;
}

/** A server whose documents need no preparation. */
function small({ label, script, args, provider, keeps = true, peer: SmallPeer }: Small): Contestant {
  return {
    label,
    keeps,
    start: async () => {
      const { pid, port, stop } = await startChild(script, args);
      return {
        pid,
        stop,
        stage: async (shape, ledger) =>
          seat(
            shape,
            () => randomUUID(),
            (room, place) => new SmallPeer(port, room, place, ledger),
          ),
        join: ({ name }, clientId) => joinWith(provider, { port, name, clientId }),
      };
    },
  };
}

function seat(
  { documents, writers }: Shape,
  name: (index: number) => string,
  makePeer: (room: Room, place: number) => Peer,
): Room[] {
  // Random as in Yjs, so that no two runs meet; consecutive, so that an author is found by subtraction.
  const first = 1_000_000_000 + Math.floor(Math.random() * 2_000_000_000);
  return Array.from({ length: documents }, (_, index) => {
    const room = new Room(name(index), first + index * (writers + 1) + 1, writers);
    for (let place = 0; place < writers; place++) makePeer(room, place);
    return room;
  });
}

/** As many people as sign in for a measurement; their connections are spread over them. */
const MOST_GUESTS = 100;

function tandem(label: string, packed: boolean): Contestant {
  return {
    label,
    keeps: true,
    start: async () => {
      const site = await startTandem();
      const { port, url } = site;
      // They outlast a measurement: access tokens live for a quarter of an hour.
      const guests: Guest[] = [];
      return {
        pid: site.pid,
        database: { pid: site.postgresPid, url: site.databaseUrl },
        stop: site.stop,
        stage: async (shape, ledger) => {
          const missing = Math.min(MOST_GUESTS, shape.documents * shape.writers) - guests.length;
          guests.push(...(await inParallel(missing, () => site.guest())));
          const ids = await inParallel(shape.documents, () =>
            site.createDocument(guests[0]!, `compare/${randomUUID()}.txt`),
          );
          let next = 0;
          return seat(
            shape,
            (index) => ids[index]!,
            (room, place) => {
              const { token } = guests[next++ % guests.length]!;
              return new TandemPeer({ port, token, documentId: room.name, packed }, room, place, ledger);
            },
          );
        },
        join: async ({ name }, clientId) => {
          const { token } = await site.guest();
          if (!packed) return joinStock(url, token, name, clientId);
          // The SDK has the workspace's copy of Yjs; it never meets the one of this folder, and Yjs warns when it sees two.
          Reflect.deleteProperty(globalThis, '__ $YJS$ __');
          const { joinSdk } = await import('./providers/sdk-tandem.ts');
          return joinSdk(url, token, name, clientId);
        },
      };
    },
  };
}

const REQUESTS_AT_ONCE = 8;

async function inParallel<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) made.push(await make());
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, lane));
  return made;
}

const HOCUSPOCUS = { script: 'hocuspocus.mjs', provider: 'hocuspocus.mjs', peer: HocuspocusPeer };

/** In the order of the table. */
export const CONTESTANTS = {
  tandem: tandem('Tandem, stock clients', false),
  'tandem-packed': tandem('Tandem, packed clients', true),
  'hocuspocus-sqlite': small({
    ...HOCUSPOCUS,
    label: 'Hocuspocus, SQLite',
    args: (dir) => [join(dir, 'documents.sqlite')],
  }),
  hocuspocus: small({ ...HOCUSPOCUS, label: 'Hocuspocus, no storage' }),
  'y-websocket': small({
    label: 'y-websocket server, no storage',
    script: 'y-websocket.mjs',
    provider: 'y-websocket.mjs',
    peer: YWebsocketPeer,
  }),
  'y-socket.io': small({
    label: 'y-socket.io, no storage',
    script: 'y-socket-io.mjs',
    provider: 'y-socket-io.mjs',
    peer: YSocketIoPeer,
  }),
  yardstick: small({
    label: 'yardstick: Socket.IO, synced log, no Yjs',
    script: 'yardstick.mjs',
    provider: 'yardstick.mjs',
    args: (dir) => [join(dir, 'log')],
    keeps: false,
    peer: YardstickPeer,
  }),
  'ws-relay': small({
    label: 'raw ws relay, no storage',
    script: 'ws-relay.mjs',
    provider: 'ws-relay.mjs',
    keeps: false,
    peer: RelayPeer,
  }),
} satisfies Record<string, Contestant>;

export type ContestantName = keyof typeof CONTESTANTS;
