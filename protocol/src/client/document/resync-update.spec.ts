import { expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { resyncUpdate } from './resync-update.js';

const written = (clientID: number, text: string, onto?: Y.Doc) => {
  const doc = new Y.Doc();
  doc.clientID = clientID;
  if (onto) Y.applyUpdate(doc, Y.encodeStateAsUpdate(onto));
  doc.getText('content').insert(0, text);
  return doc;
};

it('DOC-35: holds what the server lacks under own client ids, and nothing of others', () => {
  const theirs = written(7, 'theirs');
  const doc = written(1, 'mine', theirs);
  const { from } = Y.parseUpdateMeta(resyncUpdate(doc, new Uint8Array([0]), [1]));
  expect([...from]).toEqual([[1, 0]]);
  Y.applyUpdate(theirs, resyncUpdate(doc, Y.encodeStateVector(theirs), [1, 99]));
  expect(theirs.getText('content').toString()).toBe('minetheirs');
});

it('DOC-35: starts where the server stands, and carries deletes', () => {
  const doc = written(1, 'abc');
  const server = new Y.Doc();
  Y.applyUpdate(server, Y.encodeStateAsUpdate(doc));
  const known = Y.encodeStateVector(server);
  doc.getText('content').insert(3, 'de');
  doc.getText('content').delete(0, 1);
  const update = resyncUpdate(doc, known, [1]);
  expect([...Y.parseUpdateMeta(update).from]).toEqual([[1, 3]]);
  Y.applyUpdate(server, update);
  expect(server.getText('content').toString()).toBe('bcde');
});
