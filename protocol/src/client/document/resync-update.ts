import * as Y from 'yjs';

/**
 * The answer to `gap_resync` (DOC-35): what the server's state vector lacks of the given client ids, with the whole delete
 * set. Structs of other people are left out: the server takes them from nobody but their authors, and commit before
 * fan-out means that it has them.
 */
export const resyncUpdate = (doc: Y.Doc, serverStateVector: Uint8Array, ownIds: Iterable<number>): Uint8Array => {
  const server = Y.decodeStateVector(serverStateVector);
  const target = Y.decodeStateVector(Y.encodeStateVector(doc));
  for (const id of ownIds) if (target.has(id)) target.set(id, Math.min(server.get(id) ?? 0, target.get(id)!));
  return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(target));
};
