import { crc32 } from 'node:zlib';

/** CRC-32 over the parts in order, as stored beside rows and snapshots. */
export function checksum(...parts: Uint8Array[]): number {
  let value = 0;
  for (const part of parts) value = crc32(part, value);
  return value;
}
