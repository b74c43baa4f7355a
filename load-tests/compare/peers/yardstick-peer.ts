import type { Ledger, Room, Split } from '../ledger.ts';
import { cursor, readVarUint } from '../wire/var-uint.ts';
import { SocketIoPeer } from './socket-io-peer.ts';

const BEFORE_ID = Buffer.from('451-');
const AFTER_ID = Buffer.from('["update",{"_placeholder":true,"num":0}]');

/** The yardstick (`servers/yardstick.mjs`): an event with an ack; a lone binary frame lists updates. */
export class YardstickPeer extends SocketIoPeer {
  readonly ackedBy = 'ack';
  protected readonly updatePrefix = Buffer.from('none');
  readonly #port: number;
  #nextId = 0;
  #ackedId = -1;

  constructor(port: number, room: Room, place: number, ledger: Ledger) {
    super(room, place, ledger);
    this.#port = port;
  }

  open(): Promise<void> {
    return this.connectTo(this.#port, { room: this.room.name });
  }

  write(update: Uint8Array, length: number): void {
    this.event(BEFORE_ID, this.#nextId++, AFTER_ID, update, length);
  }

  protected onUpdate(): void {}

  protected onAck(id: number): void {
    if (id !== ++this.#ackedId) this.ledger.fail(`ack ${id} came instead of ${this.#ackedId}`);
    this.tookAck();
  }

  protected onPacket(): void {}

  protected override onLoneBinary(bytes: Buffer, start: number, end: number): void {
    this.ledger.arrived(this, bytes, start, end, EACH_WITH_ITS_LENGTH);
  }
}

const EACH_WITH_ITS_LENGTH: Split = (bytes, update) => {
  cursor.at = 0;
  while (cursor.at < bytes.length) {
    const length = readVarUint(bytes);
    const end = cursor.at + length;
    update(cursor.at);
    cursor.at = end;
  }
};
