import { seededRandom } from '@tandem/protocol/testing';
import * as Y from 'yjs';

/** A seeded source of numbers in [0, 1): a failing test is run again by its seed. */
export function seeded(seed: number): () => number {
  return seededRandom(seed).next;
}

export function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

const WORDS = ['a', 'const ', 'λ', '🙂', 'e\u0301', '\n', 'return x;', '世界'];

/** One random insert or delete in the text of the document. */
export function editText(doc: Y.Doc, random: () => number): void {
  const text = doc.getText('content');
  if (text.length > 4 && random() < 0.35) {
    const at = Math.floor(random() * (text.length - 2));
    text.delete(at, 1 + Math.floor(random() * Math.min(5, text.length - at - 1)));
  } else text.insert(Math.floor(random() * (text.length + 1)), pick(random, WORDS));
}

/** One random change of maps, arrays, XML or formatted text. */
export function editFree(doc: Y.Doc, random: () => number): void {
  switch (Math.floor(random() * 7)) {
    case 0:
      doc.getMap('map').set(pick(random, ['k', 'l', 'm']), pick(random, [1, -7, 2.5, 'x', null, true, 2 ** 40]));
      break;
    case 1:
      doc.getArray('list').insert(0, [pick(random, [{ a: [1, { b: 'c' }] }, 'y', new Uint8Array([1, 2])])]);
      break;
    case 2:
      doc.getMap('map').set('nested', new Y.Map([['deep', new Y.Array()]]));
      break;
    case 3:
      doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('p'), new Y.XmlText('t')]);
      break;
    case 4:
      doc.getText('rich').insert(0, 'bold', { bold: true });
      break;
    case 5:
      doc.getText('rich').insertEmbed(0, { image: 'x' });
      break;
    default: {
      const list = doc.getArray('list');
      if (list.length > 0) list.delete(Math.floor(random() * list.length), 1);
      else doc.getMap('map').delete('nested');
    }
  }
}

/** Editors that exchange their updates at random; returns every update in an order in which a server could store them. */
export function sessionOf(
  random: () => number,
  options: { editors: number; edits: number; edit?: (doc: Y.Doc, random: () => number) => void },
): { updates: Uint8Array[]; doc: Y.Doc } {
  const server = new Y.Doc();
  const updates: Uint8Array[] = [];
  const docs = Array.from({ length: options.editors }, () => {
    const doc = new Y.Doc();
    doc.clientID = 1 + Math.floor(random() * 2 ** 32);
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'sync') return;
      updates.push(update);
      Y.applyUpdate(server, update);
    });
    return doc;
  });
  for (let i = 0; i < options.edits; i++) {
    const doc = pick(random, docs);
    if (random() < 0.3) Y.applyUpdate(doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc)), 'sync');
    (options.edit ?? editText)(doc, random);
  }
  return { updates, doc: server };
}

/** What makes two replicas the same: text alone hides a lost delete, a state vector too. */
export function fingerprint(doc: Y.Doc): { text: string; vector: string; deletes: string } {
  const deletes = Y.createDeleteSetFromStructStore(doc.store);
  return {
    text: doc.getText('content').toString(),
    vector: JSON.stringify([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort()),
    deletes: JSON.stringify(
      [...deletes.clients].sort().map(([client, items]) => [client, items.map(({ clock, len }) => [clock, len])]),
    ),
  };
}
