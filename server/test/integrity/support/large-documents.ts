import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';

/** A text of one struct. */
export function longText(bytes: number): Uint8Array {
  const doc = new Y.Doc();
  const line = 'const answer = 42; // the line of a program\n';
  doc.getText('content').insert(0, line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
  return Y.encodeStateAsUpdate(doc);
}

/**
 * So many deleted characters, each behind one that is not: no struct and no range of deletes can be merged (M15). By hand,
 * since Yjs takes some seconds to type them.
 */
export function tombstones(count: number): Uint8Array {
  const client = 7;
  const to = encoding.createEncoder();
  for (const value of [1, 2 * count, client, 0]) encoding.writeVarUint(to, value);
  for (let clock = 0; clock < 2 * count; clock++) {
    const ref = clock % 2 === 0 ? STRING : DELETED;
    encoding.writeUint8(to, clock === 0 ? ref : ref | HAS_ORIGIN);
    if (clock === 0) {
      encoding.writeVarUint(to, 1);
      encoding.writeVarString(to, 'content');
    } else for (const value of [client, clock - 1]) encoding.writeVarUint(to, value);
    if (ref === STRING) encoding.writeVarString(to, 'a');
    else encoding.writeVarUint(to, 1);
  }
  for (const value of [1, client, count]) encoding.writeVarUint(to, value);
  for (let i = 0; i < count; i++) for (const value of [2 * i + 1, 1]) encoding.writeVarUint(to, value);
  return encoding.toUint8Array(to);
}

const STRING = 4;
const DELETED = 1;
const HAS_ORIGIN = 0x80;

/** What somebody types at the end of a text, a key an update; every tenth deletes. By hand, as above. */
export function typedUpdates(count: number, client = 9): Uint8Array[] {
  let clock = 0;
  return Array.from({ length: count }, (_, i) => {
    const to = encoding.createEncoder();
    if (i % 10 === 9) {
      for (const value of [0, 1, client, 1, clock - 3, 1]) encoding.writeVarUint(to, value);
      return encoding.toUint8Array(to);
    }
    for (const value of [1, 1, client, clock]) encoding.writeVarUint(to, value);
    encoding.writeUint8(to, clock === 0 ? STRING : STRING | HAS_ORIGIN);
    if (clock === 0) {
      encoding.writeVarUint(to, 1);
      encoding.writeVarString(to, 'content');
    } else for (const value of [client, clock - 1]) encoding.writeVarUint(to, value);
    encoding.writeVarString(to, String.fromCharCode(97 + (i % 26)));
    encoding.writeVarUint(to, 0);
    clock++;
    return encoding.toUint8Array(to);
  });
}
