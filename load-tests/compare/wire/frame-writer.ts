/** Servers unmask for real; one key for all frames keeps the driver cheap. */
const MASK = Buffer.from([0x5a, 0x13, 0xc7, 0x88]);

/** Gathers the frames of a WebSocket client until they are taken. */
export class FrameWriter {
  #out = Buffer.allocUnsafe(2048);
  #used = 0;
  #masked = 0;

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** Starts a frame of `length` bytes, which `put` then fills. */
  begin(opcode: number, length: number): void {
    this.#reserve(length + 14);
    const out = this.#out;
    out[this.#used++] = 0x80 | opcode;
    if (length < 126) {
      out[this.#used++] = 0x80 | length;
    } else if (length < 65_536) {
      out[this.#used++] = 0x80 | 126;
      this.#used = out.writeUInt16BE(length, this.#used);
    } else {
      out[this.#used++] = 0x80 | 127;
      this.#used = out.writeUInt32BE(0, this.#used);
      this.#used = out.writeUInt32BE(length, this.#used);
    }
    MASK.copy(out, this.#used);
    this.#used += 4;
    this.#masked = 0;
  }

  put(bytes: Uint8Array, length: number): void {
    const out = this.#out;
    let used = this.#used;
    let masked = this.#masked;
    for (let i = 0; i < length; i++) out[used++] = bytes[i]! ^ MASK[masked++ & 3]!;
    this.#used = used;
    this.#masked = masked;
  }

  take(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#used);
    this.#out.copy(bytes, 0, 0, this.#used);
    this.#used = 0;
    return bytes;
  }

  #reserve(length: number): void {
    if (this.#used + length <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#out.length * 2, this.#used + length));
    this.#out.copy(larger, 0, 0, this.#used);
    this.#out = larger;
  }
}
