import { cursor, readVarUint } from './var-uint.ts';

const SKIP = 10;
const STRING = 4;
const GC = 0;
const DELETED = 1;

/** Calls back for each run of clocks that a Yjs v1 update brings; returns where its structs end. Only typed text is known. */
export function readClocks(
  bytes: Uint8Array,
  start: number,
  take: (client: number, from: number, to: number) => void,
): number {
  cursor.at = start;
  const clients = readVarUint(bytes);
  for (let c = 0; c < clients; c++) {
    const structs = readVarUint(bytes);
    const client = readVarUint(bytes);
    const from = readVarUint(bytes);
    let to = from;
    for (let s = 0; s < structs; s++) to += readStruct(bytes);
    take(client, from, to);
  }
  return cursor.at;
}

/** The length of the struct, in clocks. */
function readStruct(bytes: Uint8Array): number {
  const info = bytes[cursor.at++]!;
  const kind = info & 31;
  if (kind === SKIP) throw new Error('an update with a gap');
  if (kind === GC) return readVarUint(bytes);
  if (info & 0x80) skipId(bytes);
  if (info & 0x40) skipId(bytes);
  if ((info & 0xc0) === 0) skipParent(bytes, info);
  if (kind === DELETED) return readVarUint(bytes);
  if (kind !== STRING) throw new Error(`content of kind ${kind}: not what was typed`);
  // ASCII only: as many clocks as bytes.
  const length = readVarUint(bytes);
  cursor.at += length;
  return length;
}

function skipId(bytes: Uint8Array): void {
  readVarUint(bytes);
  readVarUint(bytes);
}

function skipParent(bytes: Uint8Array, info: number): void {
  if (readVarUint(bytes) === 1) skipBytes(bytes);
  else skipId(bytes);
  if (info & 0x20) skipBytes(bytes);
}

function skipBytes(bytes: Uint8Array): void {
  const length = readVarUint(bytes);
  cursor.at += length;
}
