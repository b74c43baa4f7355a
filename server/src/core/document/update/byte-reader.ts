/** The bytes are not what they claim to be. Thrown only inside this folder; admission turns it into a refusal. */
export class MalformedBytes extends Error {}

/** Of the eighth byte of an integer. */
const MAX_FACTOR = 2 ** 49;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads lib0's encoding without trusting it: every read is bounded by the bytes that are there. */
export class ByteReader {
  position = 0;

  constructor(readonly bytes: Uint8Array) {}

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** The next byte, if there is one. */
  peek(): number | undefined {
    return this.bytes[this.position];
  }

  byte(): number {
    if (this.position >= this.bytes.length) throw new MalformedBytes('ends early');
    return this.bytes[this.position++]!;
  }

  varUint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value &= 0x7f;
    let factor = 0x80;
    // Eight bytes hold 53 bits. More, all of them zero, would carry the factor to infinity and the value to NaN.
    while (factor <= MAX_FACTOR) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) break;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new MalformedBytes('integer out of range');
  }

  /** A count of things that take at least `bytesEach` bytes: a larger one cannot be true (A3). */
  count(bytesEach: number): number {
    const count = this.varUint();
    if (count * bytesEach > this.remaining) throw new MalformedBytes('declares more than it holds');
    return count;
  }

  slice(length: number): Uint8Array {
    if (length > this.remaining) throw new MalformedBytes('ends early');
    const slice = this.bytes.subarray(this.position, this.position + length);
    this.position += length;
    return slice;
  }

  varBytes(): Uint8Array {
    return this.slice(this.varUint());
  }

  string(): string {
    const slice = this.varBytes();
    try {
      return utf8.decode(slice);
    } catch {
      throw new MalformedBytes('not UTF-8');
    }
  }

  /** Skips a string and returns its length in UTF-16 units. ASCII, nearly all code, is not decoded. */
  stringLength(): number {
    const length = this.varUint();
    if (length > this.remaining) throw new MalformedBytes('ends early');
    const end = this.position + length;
    for (let at = this.position; at < end; at++) {
      if (this.bytes[at]! >= 0x80) {
        const slice = this.slice(length);
        try {
          return utf8.decode(slice).length;
        } catch {
          throw new MalformedBytes('not UTF-8');
        }
      }
    }
    this.position = end;
    return length;
  }
}
