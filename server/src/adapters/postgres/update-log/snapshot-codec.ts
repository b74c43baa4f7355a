import { checksum } from '../../../core/document/checksum.js';
import { ByteReader } from '../../../core/document/update/byte-reader.js';
import { ByteWriter } from '../../../core/document/update/byte-writer.js';
import type { StructRun } from '../../../core/document/update/encode-update.js';
import { IdRanges } from '../../../core/document/update/id-ranges.js';
import { StoredDataCorrupt, type StoredSnapshot } from '../../../core/document/update-log.js';

/** The columns of a snapshot row that hold the document. */
export interface SnapshotColumns {
  structs: Uint8Array;
  structIndex: Uint8Array;
  deleteSet: Uint8Array;
  checksum: number;
}

/** Structs of all clients one after another, and beside them where each client's lie: an open parses none of them. */
export function encodeSnapshot(snapshot: StoredSnapshot): SnapshotColumns {
  const structs = new ByteWriter(snapshot.runs.reduce((sum, run) => sum + runLength(run), 16));
  const index = new ByteWriter();
  index.varUint(snapshot.runs.length);
  for (const run of snapshot.runs) {
    for (const value of [run.client, run.clock, run.end, run.structs, runLength(run)]) index.varUint(value);
    for (const part of run.parts) structs.bytes(part);
  }
  const deletes = new ByteWriter();
  snapshot.deletes.write(deletes);
  const columns = { structs: structs.finish(), structIndex: index.finish(), deleteSet: deletes.finish() };
  return { ...columns, checksum: checksum(columns.structs, columns.structIndex, columns.deleteSet) };
}

/** Throws StoredDataCorrupt when the bytes do not match their checksum. */
export function decodeSnapshot(seq: number, columns: SnapshotColumns): StoredSnapshot {
  if (checksum(columns.structs, columns.structIndex, columns.deleteSet) !== columns.checksum) {
    throw new StoredDataCorrupt(`snapshot at ${seq} does not match its checksum`);
  }
  const index = new ByteReader(columns.structIndex);
  const structs = new ByteReader(columns.structs);
  const runs: StructRun[] = [];
  const count = index.varUint();
  for (let i = 0; i < count; i++) {
    const [client, clock, end, structCount] = [index.varUint(), index.varUint(), index.varUint(), index.varUint()];
    runs.push({ client, clock, end, structs: structCount, parts: [structs.slice(index.varUint())] });
  }
  return { seq, runs, deletes: IdRanges.read(new ByteReader(columns.deleteSet)) };
}

function runLength(run: StructRun): number {
  return run.parts.reduce((sum, part) => sum + part.length, 0);
}
