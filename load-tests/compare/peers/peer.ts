import type { Ledger, Room } from '../ledger.ts';
import { writeKeystroke } from '../wire/keystrokes.ts';
import { type OnFrame, RawSocket } from '../wire/raw-socket.ts';

/** How the author learns that an update was taken: `ack` by the protocol, else its own echo, else the next editor's copy. */
export type AckedBy = 'ack' | 'echo' | 'neighbour';

const update = Buffer.alloc(128);

/** One connection that has one document open and types into it, in the hand-written frames of one server. */
export abstract class Peer {
  abstract readonly ackedBy: AckedBy;
  readonly room: Room;
  readonly place: number;
  protected readonly ledger: Ledger;
  protected socket!: RawSocket;
  /** How many clocks of each writer have arrived here. */
  readonly known: Int32Array;
  /** Whether the time from edit to here is measured. */
  isSampled = false;
  /** Whether the empty lines that everybody types into have arrived. */
  isSeeded = false;
  typed = 0;
  acked = 0;
  readonly #sentAt: Float64Array;

  constructor(room: Room, place: number, ledger: Ledger, remembered = 4096) {
    this.room = room;
    this.place = place;
    this.ledger = ledger;
    this.known = new Int32Array(room.writers);
    this.#sentAt = new Float64Array(remembered);
    room.peers[place] = this;
  }

  /** Connects, opens the document, and resolves when its state has arrived. */
  abstract open(): Promise<void>;

  /** Puts one update into a frame, after which `RawSocket.flush()` sends it. */
  abstract write(update: Uint8Array, length: number): void;

  /** The updates that may still be under way before the times of the oldest are forgotten. */
  get isFull(): boolean {
    return this.typed - this.acked >= this.#sentAt.length;
  }

  /** One more character, sent at `time`. */
  type(time: number): void {
    const clock = this.typed++;
    this.#sentAt[clock % this.#sentAt.length] = time;
    this.ledger.sent++;
    this.writeKey(clock);
  }

  /** The character of that clock: the same bytes each time. */
  protected writeKey(clock: number): void {
    const { room, place } = this;
    const about = { client: room.firstClient + place, seedClient: room.seedClient, place };
    this.write(update, writeKeystroke(update, about, clock));
  }

  /** Sends the empty lines; `isSeeded` is set when they are taken, as far as that can be known. */
  seed(update: Uint8Array): void {
    this.isSeeded = this.ackedBy === 'neighbour';
    this.write(update, update.length);
    RawSocket.flush();
  }

  /** The server acknowledged the next update. */
  protected tookAck(): void {
    if (this.isSeeded || this.place > 0) this.ledger.acknowledge(this, 1);
    else this.isSeeded = true;
  }

  sentAt(clock: number): number {
    return this.#sentAt[clock % this.#sentAt.length]!;
  }

  close(): void {
    this.socket?.close();
  }

  protected async connect(port: number, path: string, onFrame: OnFrame): Promise<void> {
    this.socket = await RawSocket.open(port, path, onFrame);
    this.socket.onLost = (reason) => this.ledger.fail(`a connection was lost: ${reason}`);
  }
}
