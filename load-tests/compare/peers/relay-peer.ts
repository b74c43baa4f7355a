import type { Ledger, Room } from '../ledger.ts';
import { BINARY } from '../wire/raw-socket.ts';
import { Peer } from './peer.ts';

/** A frame is an update; the path names the document. */
export class RelayPeer extends Peer {
  readonly ackedBy = 'neighbour';
  readonly #port: number;

  constructor(port: number, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#port = port;
  }

  async open(): Promise<void> {
    await this.connect(this.#port, `/${this.room.name}`, (_, bytes, start, end) =>
      this.ledger.arrived(this, bytes, start, end),
    );
  }

  write(update: Uint8Array, length: number): void {
    this.socket.begin(BINARY, length);
    this.socket.put(update, length);
  }
}
