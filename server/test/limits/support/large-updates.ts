import * as encoding from 'lib0/encoding';

/** By hand: Yjs takes minutes to make them. All of them are of documents whose kind is text. */

const STRING = 4;
const HAS_ORIGIN = 0x80;

/** A character, behind another one or as the first of all. */
function writeCharacter(to: encoding.Encoder, origin?: readonly [client: number, clock: number]): void {
  if (origin) {
    encoding.writeUint8(to, STRING | HAS_ORIGIN);
    for (const part of origin) encoding.writeVarUint(to, part);
  } else {
    encoding.writeUint8(to, STRING);
    encoding.writeVarUint(to, 1);
    encoding.writeVarString(to, 'content');
  }
  encoding.writeVarString(to, 'x');
}

/** So many characters from a clock on, each behind the one before and a struct of its own: some 8 bytes each. */
export function typedAtEnd(client: number, count: number, from = 0): Uint8Array {
  const to = encoding.createEncoder();
  for (const value of [1, count, client, from]) encoding.writeVarUint(to, value);
  for (let clock = from; clock < from + count; clock++) {
    writeCharacter(to, clock === 0 ? undefined : [client, clock - 1]);
  }
  encoding.writeVarUint(to, 0);
  return encoding.toUint8Array(to);
}

/** Of two clients, who wrote a character each in turn behind the other's. */
export function inTurns(count: number, first = 7, second = 8): Uint8Array {
  const to = encoding.createEncoder();
  encoding.writeVarUint(to, 2);
  for (const [client, other, ahead] of [
    [second, first, 0],
    [first, second, 1],
  ] as const) {
    for (const value of [count, client, 0]) encoding.writeVarUint(to, value);
    for (let clock = 0; clock < count; clock++) {
      writeCharacter(to, clock < ahead ? undefined : [other, clock - ahead]);
    }
  }
  encoding.writeVarUint(to, 0);
  return encoding.toUint8Array(to);
}

/** Every second id of a client. */
export function deletesAt(client: number, count: number, order: 'ascending' | 'descending' = 'ascending'): Uint8Array {
  const to = encoding.createEncoder();
  for (const value of [0, 1, client, count]) encoding.writeVarUint(to, value);
  for (let i = 0; i < count; i++) {
    for (const value of [2 * (order === 'ascending' ? i : count - 1 - i), 1]) encoding.writeVarUint(to, value);
  }
  return encoding.toUint8Array(to);
}
