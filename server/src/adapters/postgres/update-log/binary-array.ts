/** Element types by their OID in `pg_type`. */
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, uuid: 2950 } as const;

export type ElementType = keyof typeof OID;

/**
 * PostgreSQL's binary form of a one-dimensional array. `pg` sends a Buffer as a binary parameter, which saves quoting
 * and parsing every element: half the time of a statement of 5,000 rows.
 * Source: `array_recv` in PostgreSQL's `arrayfuncs.c`.
 */
export function binaryArray(type: ElementType, elements: readonly (Uint8Array | null)[]): Buffer {
  let size = 20;
  let hasNull = 0;
  for (const element of elements) {
    size += 4 + (element?.length ?? 0);
    if (element === null) hasNull = 1;
  }
  const buffer = Buffer.allocUnsafe(size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(hasNull, 4);
  buffer.writeUInt32BE(OID[type], 8);
  buffer.writeInt32BE(elements.length, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  let at = 20;
  for (const element of elements) {
    at = buffer.writeInt32BE(element === null ? -1 : element.length, at);
    if (element !== null) {
      buffer.set(element, at);
      at += element.length;
    }
  }
  return buffer;
}

export function int4(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(4);
  buffer.writeInt32BE(value);
  return buffer;
}

export function int8(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

export function uuid(value: string): Buffer {
  return Buffer.from(value.replaceAll('-', ''), 'hex');
}
