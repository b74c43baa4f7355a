/** UTF-16 offsets of lines that end as in LSP and Python: with LF, CRLF or CR, and with nothing else. */
export class LineOffsets {
  private readonly starts = [0];

  constructor(private readonly text: string) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === LF || (unit === CR && text.charCodeAt(i + 1) !== LF)) this.starts.push(i + 1);
    }
  }

  /** Both from 0; the column in UTF-16 units. What lies behind the text is its end. */
  at(line: number, column: number): number {
    return Math.min((this.starts[line] ?? this.text.length) + column, this.text.length);
  }
}

/** UTF-16 offsets of offsets in the text's UTF-8. The text must be well-formed. */
export class ByteOffsets {
  /** Of each unit; undefined when all are ASCII, where both are the same. */
  private readonly bytes: Uint32Array | undefined;

  constructor(private readonly text: string) {
    if (Buffer.byteLength(text) === text.length) return;
    this.bytes = new Uint32Array(text.length);
    let offset = 0;
    for (let i = 0; i < text.length; i++) {
      this.bytes[i] = offset;
      const unit = text.charCodeAt(i);
      // Each half of a surrogate pair counts for two of its four.
      offset += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
    }
  }

  at(byte: number): number {
    const { bytes } = this;
    if (bytes === undefined) return Math.min(byte, this.text.length);
    let [from, to] = [0, bytes.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (bytes[middle]! < byte) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const LF = 10;
const CR = 13;
