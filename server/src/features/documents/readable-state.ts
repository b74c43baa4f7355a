import type { DocumentState } from '../../core/document/document-state.js';
import { openingStored } from '../../core/document/stored-state.js';
import { StoredDataCorrupt, type StoredDocument } from '../../core/document/update-log.js';
import { inTurns } from '../../platform/long-work.js';

/** For readers: what is left of a damaged document. Rejects with StoredDataCorrupt when nothing is. */
export async function readableState(documentId: string, stored: StoredDocument): Promise<DocumentState> {
  const { state, isHollow } = await inTurns(openingStored(stored));
  if (isHollow) throw new StoredDataCorrupt(`nothing can be read of ${documentId}`);
  return state;
}
