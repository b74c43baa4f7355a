/** Writes lib0's encoding into one growing buffer. */
export class ByteWriter {
  private buffer: Uint8Array;
  private length = 0;

  constructor(sizeHint = 64) {
    this.buffer = new Uint8Array(Math.max(16, sizeHint));
  }

  varUint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  varBytes(bytes: Uint8Array): void {
    this.varUint(bytes.length);
    this.bytes(bytes);
  }

  string(value: string): void {
    this.varBytes(new TextEncoder().encode(value));
  }

  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}
