import { ByteReader, MalformedBytes } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** For each client the first clock that is not known. */
export type StateVector = Map<number, number>;

/** Yjs v1 encoding, clients in descending order. */
export function encodeStateVector(vector: ReadonlyMap<number, number>): Uint8Array {
  const writer = new ByteWriter(8 + vector.size * 10);
  writer.varUint(vector.size);
  for (const client of [...vector.keys()].sort((a, b) => b - a)) {
    writer.varUint(client);
    writer.varUint(vector.get(client)!);
  }
  return writer.finish();
}

/** Undefined when the bytes are not a state vector to their end. */
export function decodeStateVector(bytes: Uint8Array): StateVector | undefined {
  const reader = new ByteReader(bytes);
  try {
    const vector: StateVector = new Map();
    const count = reader.count(2);
    for (let i = 0; i < count; i++) vector.set(reader.varUint(), reader.varUint());
    return reader.remaining === 0 ? vector : undefined;
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}
