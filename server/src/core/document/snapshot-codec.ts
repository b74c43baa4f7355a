import { runNow, type Work } from '../work.js';
import { checksum } from './checksum.js';
import type { Compacted } from './document-state.js';
import { ByteReader, MalformedBytes } from './update/byte-reader.js';
import { ByteWriter } from './update/byte-writer.js';
import type { StructRun } from './update/encode-update.js';
import { IdRanges } from './update/id-ranges.js';
import { StoredDataCorrupt, type StoredSnapshot } from './update-log.js';

/** Entries of the index in one piece of long work. */
const PIECE = 1024;

/** Structs of all clients one after another, and beside them where each client's lie: an open parses none of them. */
export function encodeSnapshot({ seq, runs, deletes }: Compacted): StoredSnapshot {
  const structs = new ByteWriter(runs.reduce((sum, run) => sum + runLength(run), 16));
  const index = new ByteWriter(16 + runs.length * 24);
  index.varUint(runs.length);
  for (const run of runs) {
    for (const value of [run.client, run.clock, run.end, run.structs, runLength(run)]) index.varUint(value);
    for (const part of run.parts) structs.bytes(part);
  }
  const deleteSet = new ByteWriter(deletes.maxByteLength);
  deletes.write(deleteSet);
  const columns = { structs: structs.finish(), structIndex: index.finish(), deleteSet: deleteSet.finish() };
  return { seq, ...columns, checksum: checksum(columns.structs, columns.structIndex, columns.deleteSet) };
}

/** The runs share the bytes of the snapshot. Throws StoredDataCorrupt; the checksum is for who reads it from somewhere. */
export function decodeSnapshot(snapshot: StoredSnapshot): Compacted {
  return runNow(decodingSnapshot(snapshot));
}

/** As `decodeSnapshot`; a delete set of a million ranges takes 60 ms. */
export function* decodingSnapshot(snapshot: StoredSnapshot): Work<Compacted> {
  const { seq, structs, structIndex, deleteSet } = snapshot;
  try {
    const runs = yield* readingRuns(structIndex, structs);
    const reader = new ByteReader(deleteSet);
    const deletes = yield* IdRanges.reading(reader);
    if (reader.remaining > 0) throw new MalformedBytes('bytes left over');
    return { seq, runs, deletes };
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw new StoredDataCorrupt(`the snapshot at ${seq} does not decode`, { cause: error });
  }
}

/** The runs of a snapshot that was just made. */
export function readRuns({ structIndex, structs }: StoredSnapshot): StructRun[] {
  return runNow(readingRuns(structIndex, structs));
}

function* readingRuns(indexBytes: Uint8Array, structBytes: Uint8Array): Work<StructRun[]> {
  const [index, structs] = [new ByteReader(indexBytes), new ByteReader(structBytes)];
  const runs: StructRun[] = [];
  for (let left = index.count(5); left > 0; left--) {
    const [client, clock, end, structCount] = [index.varUint(), index.varUint(), index.varUint(), index.varUint()];
    runs.push({ client, clock, end, structs: structCount, parts: [structs.slice(index.varUint())] });
    if (left % PIECE === 0) yield;
  }
  if (index.remaining > 0 || structs.remaining > 0) throw new MalformedBytes('bytes left over');
  return runs;
}

function runLength(run: StructRun): number {
  return run.parts.reduce((sum, part) => sum + part.length, 0);
}
