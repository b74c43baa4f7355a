/** The base protocol of LSP: a header with the length of the content in bytes, an empty line, JSON in UTF-8. */

const HEADER_END = Buffer.from('\r\n\r\n');
const MAX_HEADER = 1024;
/** The findings of a text of 1 MB stay below. */
const MAX_CONTENT = 64 * 1024 * 1024;

export function frame(message: object): Buffer {
  const content = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${content.length}\r\n\r\n`), content]);
}

/** Takes what a pipe gives, in any pieces. What is not the protocol throws, and leaves the reader useless. */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;
  /** Of the content under way; undefined while its header is. */
  private expected: number | undefined;

  *push(chunk: Buffer): Generator<unknown> {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (true) {
      if (this.expected === undefined && !this.readHeader()) return;
      // Joined only when all is there: a big message comes in hundreds of pieces.
      if (this.expected === undefined || this.size < this.expected) return;
      yield JSON.parse(this.take(this.expected).toString());
      this.expected = undefined;
    }
  }

  private readHeader(): boolean {
    if (this.size === 0) return false;
    const bytes = this.joined();
    const end = bytes.indexOf(HEADER_END);
    if (end > MAX_HEADER || (end < 0 && bytes.length > MAX_HEADER)) throw new Error('no header of LSP');
    if (end < 0) return false;
    const length = Number(/^content-length: *(\d+)$/im.exec(bytes.toString('latin1', 0, end))?.[1]);
    if (!(length <= MAX_CONTENT)) throw new Error('no length that LSP allows');
    this.take(end + HEADER_END.length);
    this.expected = length;
    return true;
  }

  private take(length: number): Buffer {
    const bytes = this.joined();
    const rest = bytes.subarray(length);
    this.chunks = [rest];
    this.size = rest.length;
    return bytes.subarray(0, length);
  }

  private joined(): Buffer {
    const bytes = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks, this.size);
    this.chunks = [bytes];
    return bytes;
  }
}
