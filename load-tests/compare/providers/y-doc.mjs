import * as Y from 'yjs';

export { Y };

export function newDoc(clientId) {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  return doc;
}

/** A RealClient around a document that a provider keeps. */
export const around = (doc, close) => ({
  text: () => doc.getText('content').toString(),
  insert: (index, text) => doc.getText('content').insert(index, text),
  close: () => {
    close();
    // Ends the timers of its awareness.
    doc.destroy();
  },
});

/** Calls back with what is typed here, and not with what `origin` brought. */
export function onTyped(doc, origin, send) {
  doc.on('update', (update, from) => {
    if (from !== origin) send(update);
  });
}
