import { DocumentState } from './document-state.js';
import { decodeUpdate } from './update/decode-update.js';
import { trimUpdate } from './update/trim-update.js';
import { StoredDataCorrupt, type StoredDocument } from './update-log.js';

/** The committed state as the log holds it. Throws StoredDataCorrupt: there is never half a document. */
export function stateOf({ kind, snapshot, rows }: StoredDocument): DocumentState {
  const state = snapshot ? DocumentState.from(kind, snapshot) : DocumentState.empty(kind);
  for (const { seq, bytes } of rows) {
    const update = decodeUpdate(bytes, kind);
    if (typeof update === 'string') throw new StoredDataCorrupt(`row ${seq} is ${update}`);
    const fresh = trimUpdate(update, state, kind);
    if (fresh) state.append(fresh);
    else state.appendNothing();
  }
  return state;
}
