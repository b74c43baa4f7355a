import { Histogram } from './histogram.ts';
import type { Peer } from './peers/peer.ts';
import { clock } from './wire/raw-socket.ts';
import { readClocks } from './wire/update-clocks.ts';

/** One document, and who has it open. */
export class Room {
  readonly peers: Peer[] = [];
  readonly name: string;
  /** Writer `place` has the client id `firstClient + place`. */
  readonly firstClient: number;
  readonly writers: number;
  /** Servers send the same bytes to many: the last few frames are decoded once. */
  readonly #frames: Frame[] = [];
  #oldest = 0;

  constructor(name: string, firstClient: number, writers: number) {
    this.name = name;
    this.firstClient = firstClient;
    this.writers = writers;
  }

  get seedClient(): number {
    return this.firstClient - 1;
  }

  /** What the updates between `start` and `end` bring; `count` of them follow each other, each with its length before it. */
  read(bytes: Buffer, start: number, end: number, split: Split): Frame {
    const length = end - start;
    for (const frame of this.#frames) {
      if (frame.bytes.length === length && bytes.compare(frame.bytes, 0, length, start, end) === 0) return frame;
    }
    const frame: Frame = { bytes: Buffer.from(bytes.subarray(start, end)), places: [], froms: [], tos: [] };
    split(frame.bytes, (at) =>
      readClocks(frame.bytes, at, (client, from, to) => {
        const place = client - this.firstClient;
        if (place < SEED || place >= this.writers) throw new Error(`${this.name}: an update by nobody here`);
        frame.places.push(place);
        frame.froms.push(from);
        frame.tos.push(to);
      }),
    );
    this.#frames[this.#oldest] = frame;
    this.#oldest = (this.#oldest + 1) % 8;
    return frame;
  }
}

/** Calls back with where each Yjs update of a frame begins. The callback returns where its structs end. */
export type Split = (bytes: Buffer, update: (start: number) => number) => void;

export const ONE_UPDATE: Split = (_, update) => {
  update(0);
};

/** The place of the seed, which is nobody's. */
const SEED = -1;

interface Frame {
  readonly bytes: Buffer;
  readonly places: number[];
  readonly froms: number[];
  readonly tos: number[];
}

/** Who has sent, had acknowledged and received how much: every number is counted, none is taken from a server. */
export class Ledger {
  sent = 0;
  acked = 0;
  /** One author's update at one other editor. */
  delivered = 0;
  /** State that a server sent instead of updates, to catch up. */
  resyncs = 0;
  refused = 0;
  fault: string | undefined;
  readonly toAck = new Histogram();
  readonly toOther = new Histogram();
  /** Called when a peer may send more. */
  onRoom: ((peer: Peer) => void) | undefined;

  /** The next `count` updates of `peer`, oldest first, are acknowledged. */
  acknowledge(peer: Peer, count: number): void {
    for (let i = 0; i < count; i++) this.toAck.add(clock.now - peer.sentAt(peer.acked + i));
    peer.acked += count;
    this.acked += count;
    this.onRoom?.(peer);
  }

  arrived(reader: Peer, bytes: Buffer, start: number, end: number, split: Split = ONE_UPDATE): void {
    const { room, known, place: own } = reader;
    const { places, froms, tos } = room.read(bytes, start, end, split);
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      if (place === SEED) {
        reader.isSeeded = true;
        continue;
      }
      const from = froms[i]!;
      const to = tos[i]!;
      const before = known[place]!;
      // An author need not get back what is its own.
      if (place === own && reader.ackedBy !== 'echo') continue;
      if (from > before) this.fail(`a hole: ${room.name} got clock ${from} after ${before}`);
      if (to <= before) continue;
      known[place] = to;
      if (place === own) {
        this.acknowledge(reader, to - before);
        continue;
      }
      this.delivered += to - before;
      const author = room.peers[place];
      if (!author) continue;
      if (reader.isSampled) for (let c = before; c < to; c++) this.toOther.add(clock.now - author.sentAt(c));
      if (author.ackedBy === 'neighbour' && own === (place + 1) % room.writers) this.acknowledge(author, to - before);
    }
  }

  fail(reason: string): void {
    this.fault ??= reason;
  }
}
