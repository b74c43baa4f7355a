import { TandemError } from '@tandem/protocol';
import { ByteReader, MalformedBytes } from '../../core/document/update/byte-reader.js';

/** Client ids of one document: a hundred people who load it five times a day need half a year for them. */
const MAX_CLIENTS = 100_000;

/**
 * Judges the state vector of an open before it waits for its turn. As bytes it waits for a twentieth of what it takes
 * when it is expanded. Throws TandemError.
 */
export function checkStateVector(bytes: Uint8Array): void {
  const reader = new ByteReader(bytes);
  try {
    const count = reader.count(2);
    if (count > MAX_CLIENTS) throw new TandemError('too_large', undefined, { limit: MAX_CLIENTS });
    for (let left = 2 * count; left > 0; left--) reader.varUint();
    if (reader.remaining === 0) return;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
  }
  throw new TandemError('malformed_update', 'Not a state vector');
}
