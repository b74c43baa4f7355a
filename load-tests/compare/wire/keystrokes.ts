import * as Y from 'yjs';
import { writeVarUint } from './var-uint.ts';

/** Who types where: writer `place` of a document types behind the seed's character `place`. */
export interface Place {
  readonly client: number;
  readonly seedClient: number;
  readonly place: number;
}

/** A document of as many empty lines as it has writers, and one more. */
export function seedUpdate(seedClient: number, writers: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = seedClient;
  doc.getText('content').insert(0, '\n'.repeat(writers + 1));
  return Y.encodeStateAsUpdate(doc);
}

/** That of somebody who has so many clocks of each client. */
export function stateVectorOf(clocks: ReadonlyMap<number, number>): Uint8Array {
  return Y.encodeStateVector(new Map([...clocks].filter(([, count]) => count > 0)));
}

const ITEM_WITH_BOTH_ORIGINS_AND_STRING = 0x80 | 0x40 | 4;

/**
 * The update that Yjs 13 makes of one more character typed at that place, as one client whose clock was `clock`: written at
 * once, because a Y.Doc for each writer would make the driver the bottleneck. `checkKeystrokes` compares it with Yjs's.
 */
export function writeKeystroke(out: Uint8Array, { client, seedClient, place }: Place, clock: number): number {
  out[0] = 1;
  out[1] = 1;
  let at = writeVarUint(out, 2, client);
  at = writeVarUint(out, at, clock);
  out[at++] = ITEM_WITH_BOTH_ORIGINS_AND_STRING;
  at = writeVarUint(out, at, clock === 0 ? seedClient : client);
  at = writeVarUint(out, at, clock === 0 ? place : clock - 1);
  at = writeVarUint(out, at, seedClient);
  at = writeVarUint(out, at, place + 1);
  out[at++] = 1;
  out[at++] = 0x61 + (clock % 26);
  out[at++] = 0;
  return at;
}

/** Throws unless a real `Y.Doc` makes the same bytes, over clocks that cross the lengths of their encoding. */
export function checkKeystrokes(): void {
  const about = { client: 3_000_000_123, seedClient: 2_999_999_999, place: 1 };
  const doc = new Y.Doc();
  Y.applyUpdate(doc, seedUpdate(about.seedClient, 3));
  doc.clientID = about.client;
  let made: Uint8Array = new Uint8Array();
  doc.on('update', (update: Uint8Array) => {
    made = update;
  });
  const out = Buffer.alloc(64);
  for (let clock = 0; clock < 17_000; clock++) {
    doc.getText('content').insert(2 + clock, String.fromCharCode(0x61 + (clock % 26)));
    const length = writeKeystroke(out, about, clock);
    if (!out.subarray(0, length).equals(made)) throw new Error(`Yjs writes another update at clock ${clock}`);
  }
}
