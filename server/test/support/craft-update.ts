import * as encoding from 'lib0/encoding';

/** Writes the content of a struct, after its info byte, or all of it. */
type Writer = (to: encoding.Encoder) => void;

export interface CraftedBlock {
  readonly client: number;
  readonly clock?: number;
  readonly structs: readonly Writer[];
  /** What the block says it holds, when that is a lie. */
  readonly declared?: number;
}

interface Place {
  readonly origin?: readonly [client: number, clock: number];
  readonly rightOrigin?: readonly [client: number, clock: number];
  /** Name of the root type, or the id of a parent. */
  readonly parent?: string | readonly [client: number, clock: number];
  readonly key?: string;
}

/** Yjs v1 bytes that Yjs itself would never write. */
export function craftUpdate(
  blocks: readonly CraftedBlock[],
  deletes: readonly (readonly [client: number, ranges: readonly (readonly [clock: number, length: number])[]])[] = [],
): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeVarUint(to, blocks.length);
  for (const { client, clock = 0, structs, declared = structs.length } of blocks) {
    for (const value of [declared, client, clock]) encoding.writeVarUint(to, value);
    for (const write of structs) write(to);
  }
  encoding.writeVarUint(to, deletes.length);
  for (const [client, ranges] of deletes) {
    encoding.writeVarUint(to, client);
    encoding.writeVarUint(to, ranges.length);
    for (const [clock, length] of ranges) {
      encoding.writeVarUint(to, clock);
      encoding.writeVarUint(to, length);
    }
  }
  return encoding.toUint8Array(to);
}

/** A struct with its reference number (ContentString is 4). */
export function item(ref: number, place: Place, content: Writer): Writer {
  const { origin, rightOrigin, parent = 'content', key } = place;
  return (to) => {
    const flags = (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0) | (key === undefined ? 0 : 0x20);
    encoding.writeUint8(to, ref | flags);
    for (const id of [origin, rightOrigin]) if (id) for (const part of id) encoding.writeVarUint(to, part);
    if (!origin && !rightOrigin) {
      encoding.writeVarUint(to, typeof parent === 'string' ? 1 : 0);
      if (typeof parent === 'string') encoding.writeVarString(to, parent);
      else for (const part of parent) encoding.writeVarUint(to, part);
      if (key !== undefined) encoding.writeVarString(to, key);
    }
    content(to);
  };
}

export const string = (text: string, place: Place = {}): Writer =>
  item(4, place, (to) => encoding.writeVarString(to, text));

/** Garbage-collected clocks (0) or a hole (10). */
export const filler =
  (ref: 0 | 10, length: number): Writer =>
  (to) => {
    encoding.writeUint8(to, ref);
    encoding.writeVarUint(to, length);
  };
