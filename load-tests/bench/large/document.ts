import * as Y from 'yjs';
import { seededRandom } from '../../../protocol/dist/testing/index.js';

/** Edits that somebody typed, before what was pasted. */
const TYPED = 150_000;
const PASTE = 32 * 1024;
const MAX_UPDATE = 7 * 1024 * 1024;

/**
 * A document as years of work leave it: 150,000 typed edits, every tenth a delete, at a caret that now and then jumps; then
 * pastes until its encoded state has the size. The same seed makes the same document.
 *
 * @returns its encoded state, Yjs v1, and the same in updates of less than 8 MB.
 */
export function largeDocument(bytes: number, seed = 1): { state: Uint8Array; updates: Uint8Array[] } {
  const random = seededRandom(seed);
  const doc = new Y.Doc();
  doc.clientID = 1000 + random.integer(1_000_000);
  const text = doc.getText('content');
  doc.transact(() => {
    let caret = 0;
    for (let edit = 0; edit < TYPED; edit++) {
      if (random.chance(0.02)) caret = random.integer(text.length + 1);
      if (text.length > 0 && caret > 0 && random.chance(0.1)) text.delete(--caret, 1);
      else text.insert(caret++, String.fromCharCode(97 + random.integer(26)));
    }
  });
  const updates = [Y.encodeStateAsUpdate(doc)];
  let pasted: Uint8Array[] = [];
  let size = 0;
  const gather = () => {
    if (pasted.length > 0) updates.push(Y.mergeUpdates(pasted));
    pasted = [];
    size = 0;
  };
  doc.on('update', (update: Uint8Array) => {
    pasted.push(update);
    size += update.length;
    if (size > MAX_UPDATE) gather();
  });
  const line = 'const answer = await client.request(path, { method, body, signal });\n';
  for (let left = bytes - updates[0]!.length; left > 0; left -= PASTE) {
    text.insert(random.integer(text.length + 1), line.repeat(Math.ceil(Math.min(left, PASTE) / line.length)));
  }
  gather();
  return { state: Y.encodeStateAsUpdate(doc), updates };
}
