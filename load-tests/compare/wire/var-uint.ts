/** Where the last `readVarUint` stopped: one number instead of an object for each. */
export const cursor = { at: 0 };

/** LEB128, as lib0 writes it. */
export function writeVarUint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest > 127) {
    out[next++] = 128 | (rest % 128);
    rest = Math.floor(rest / 128);
  }
  out[next++] = rest;
  return next;
}

/** Reads at `cursor.at` and moves it. */
export function readVarUint(bytes: Uint8Array): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) throw new Error('the frame ends too early');
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    factor *= 128;
  }
}

export function varUint(value: number): Uint8Array {
  const out = new Uint8Array(10);
  return out.slice(0, writeVarUint(out, 0, value));
}
