/** Opcodes of RFC 6455, 5.2. */
export const TEXT = 1;
export const BINARY = 2;

/** A server's websocket frames, each in one piece and unmasked (RFC 6455, 5.2), one after another. */
export function websocketFrames(payloads: readonly { readonly opcode: 1 | 2; readonly data: Uint8Array }[]): Buffer {
  const size = payloads.reduce((sum, { data }) => sum + headerLength(data.length) + data.length, 0);
  const frames = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { opcode, data } of payloads) {
    at = writeHeader(frames, at, opcode, data.length);
    frames.set(data, at);
    at += data.length;
  }
  return frames;
}

function headerLength(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

function writeHeader(frames: Buffer, at: number, opcode: 1 | 2, length: number): number {
  frames[at] = 0x80 | opcode;
  if (length < 126) {
    frames[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    frames[at + 1] = 126;
    return frames.writeUInt16BE(length, at + 2);
  }
  frames[at + 1] = 127;
  return frames.writeBigUInt64BE(BigInt(length), at + 2);
}
