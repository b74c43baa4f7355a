/** Element types by their OID in `pg_type`. */
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, uuid: 2950 } as const;

const HEADER_BYTES = 20;

/*
 * PostgreSQL's binary form of one-dimensional arrays. `pg` sends a Buffer as a binary parameter, which saves quoting and
 * parsing every element: half the time of a statement of 5,000 rows. Numbers are written in place: a Buffer for each was a
 * tenth of the server's time when saturated.
 * Source: `array_recv` in PostgreSQL's `arrayfuncs.c`.
 */

export function int4Array(values: readonly number[]): Buffer {
  const buffer = begin('int4', values.length, values.length * 8, false);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(value, at);
  }
  return buffer;
}

/** Of integers from 0 to 2^53 - 1. */
export function int8Array(values: readonly number[]): Buffer {
  const buffer = begin('int8', values.length, values.length * 12, false);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeUInt32BE(Math.floor(value / 2 ** 32), at);
    at = buffer.writeUInt32BE(value % 2 ** 32, at);
  }
  return buffer;
}

/** Of the 16 bytes of each. */
export function uuidArray(values: readonly Uint8Array[]): Buffer {
  return bytesArray('uuid', values);
}

/** `text` as UTF-8. */
export function bytesArray(type: 'bytea' | 'text' | 'uuid', values: readonly (Uint8Array | null)[]): Buffer {
  let size = 0;
  let hasNull = false;
  for (const value of values) {
    size += 4 + (value?.length ?? 0);
    hasNull ||= value === null;
  }
  const buffer = begin(type, values.length, size, hasNull);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.length, at);
    if (value === null) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

function begin(type: keyof typeof OID, length: number, size: number, hasNull: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeUInt32BE(OID[type], 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  return buffer;
}

export function uuid(value: string): Buffer {
  return Buffer.from(value.replaceAll('-', ''), 'hex');
}
