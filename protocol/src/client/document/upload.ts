import type { DocumentUpdate } from '../../wire/document.js';

type Part = Pick<DocumentUpdate, 'update' | 'uploadId' | 'part' | 'parts'>;

/** Room for the rest of the body beside the bytes. */
const OVERHEAD = 1024;

/** Cuts an update that is larger than one `document:update` may be; a small one stays whole. */
export const updateParts = (update: Uint8Array, maxUpdateBytes: number, uploadId: () => string): Part[] => {
  if (update.length <= maxUpdateBytes) return [{ update }];
  const size = Math.max(1, maxUpdateBytes - OVERHEAD);
  const parts = Math.ceil(update.length / size);
  const id = uploadId();
  return Array.from({ length: parts }, (_, part) => ({
    update: update.subarray(part * size, (part + 1) * size),
    uploadId: id,
    part,
    parts,
  }));
};
