import { runNow, type Work } from '../../work.js';
import { checkDepth, checkKey } from './acceptable.js';
import { type ByteReader, MalformedBytes } from './byte-reader.js';

/** Bytes of one piece of long work: 16 MiB may be 16 million values. */
const PIECE = 16 * 1024;

/** The type bytes of values that hold others, counted down from 127 as lib0 does. */
const OBJECT = 9;
const ARRAY = 10;

/** When the next piece begins: where the reader was at the last. */
interface Pace {
  since: number;
}

/** lib0's `readAny`, without building the value. */
export function skipAny(reader: ByteReader): void {
  const type = 127 - reader.byte();
  if (!skipScalar(reader, type)) runNow(skippingContainer(reader, type, 1, { since: Number.POSITIVE_INFINITY }));
}

/** As `skipAny`, of so many values one after another. */
export function* skippingAny(reader: ByteReader, count: number): Work<void> {
  yield* skippingItems(reader, count, false, 0, { since: reader.position });
}

function* skippingContainer(reader: ByteReader, type: number, depth: number, pace: Pace): Work<void> {
  if (type === ARRAY) yield* skippingItems(reader, reader.count(1), false, depth, pace);
  else if (type === OBJECT) yield* skippingItems(reader, reader.count(2), true, depth, pace);
  else throw new MalformedBytes('unknown value');
}

function* skippingItems(reader: ByteReader, count: number, haveKeys: boolean, depth: number, pace: Pace): Work<void> {
  for (let left = count; left > 0; left--) {
    if (haveKeys) checkKey(reader.string());
    checkDepth(depth);
    const type = 127 - reader.byte();
    if (!skipScalar(reader, type)) yield* skippingContainer(reader, type, depth + 1, pace);
    if (reader.position - pace.since < PIECE) continue;
    pace.since = reader.position;
    yield;
  }
}

/** False when it is none. */
function skipScalar(reader: ByteReader, type: number): boolean {
  switch (type) {
    case 0: // undefined
    case 1: // null
    case 6: // false
    case 7: // true
      return true;
    case 2:
      skipVarInt(reader);
      return true;
    case 3:
      reader.slice(4);
      return true;
    case 4:
    case 5:
      reader.slice(8);
      return true;
    case 8:
      reader.string();
      return true;
    case 11:
      reader.varBytes();
      return true;
    default:
      return false;
  }
}

/** lib0's varInt: the sign and six bits, then seven bits a byte. */
function skipVarInt(reader: ByteReader): void {
  let value = reader.byte();
  if (value < 0x80) return;
  value &= 0x3f;
  for (let factor = 64; factor <= 2 ** 48; factor *= 128) {
    const byte = reader.byte();
    value += (byte & 0x7f) * factor;
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (byte < 0x80) return;
  }
  throw new MalformedBytes('integer out of range');
}
