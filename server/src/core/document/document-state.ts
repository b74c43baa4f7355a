import type { DocumentKind } from '@tandem/protocol';
import { type Chunk, cutChunk, firstEndingAfter, toChunk, toRun, toWholeChunk } from './chunk.js';
import { chunksOf, type DecodedUpdate } from './update/decoded-update.js';
import { encodeUpdate, type StructRun } from './update/encode-update.js';
import { IdRanges } from './update/id-ranges.js';
import { joinUpdates } from './update/join-updates.js';
import { encodeStateVector, type StateVector } from './update/state-vector.js';
import type { KnownIds } from './update/trim-update.js';

/** Of one `encodeSince`: so many take a few milliseconds. The whole state is shared by all who ask. */
const MAX_JOINED_ROWS = 10_000;

/** A compacted document: what a snapshot row holds. */
export interface Compacted {
  readonly seq: number;
  readonly runs: readonly StructRun[];
  readonly deletes: IdRanges;
}

/**
 * The committed state of a document as bytes: a compacted base and the rows after it. Nothing is parsed twice and no
 * `Y.Doc` is made; a parsed document is about ten times its bytes.
 */
export class DocumentState implements KnownIds {
  private readonly clients = new Map<number, Chunk[]>();
  private tail: DecodedUpdate[] = [];
  private structBytes = 0;
  /** Ids that rows after the base have deleted. */
  private deletedIds = 0;
  private cached: { seq: number; update: Uint8Array } | undefined;
  private cachedVector: { seq: number; bytes: Uint8Array } | undefined;

  private constructor(
    readonly kind: DocumentKind,
    private baseSeq: number,
    readonly deletes: IdRanges,
    private baseBytes = 0,
  ) {}

  /** Before the row `seq + 1`. */
  static empty(kind: DocumentKind, seq = 0): DocumentState {
    return new DocumentState(kind, seq, new IdRanges());
  }

  /** The deletes are the state's from then on: to copy a million of them takes 10 ms. */
  static from(kind: DocumentKind, base: Compacted): DocumentState {
    const deletes = base.deletes === IdRanges.NONE ? new IdRanges() : base.deletes;
    const state = new DocumentState(kind, base.seq, deletes);
    for (const run of base.runs) state.addRun(run);
    state.baseBytes = state.structBytes;
    return state;
  }

  get seq(): number {
    return this.baseSeq + this.tail.length;
  }

  /** Of the encoded structs; the delete set comes on top. */
  get byteLength(): number {
    return this.structBytes;
  }

  /** Rows after the base, what they add to its size and how many ids they delete: what compaction decides on. */
  get tailLength(): { rows: number; bytes: number; deletedIds: number; baseBytes: number } {
    const { deletedIds, baseBytes } = this;
    return { rows: this.tail.length, bytes: this.structBytes - baseBytes, deletedIds, baseBytes };
  }

  get compactedSeq(): number {
    return this.baseSeq;
  }

  end(client: number): number {
    const chunks = this.clients.get(client);
    return chunks ? chunks[chunks.length - 1]!.end : 0;
  }

  eachUndeleted(client: number, start: number, end: number, callback: (start: number, end: number) => void): void {
    this.deletes.eachMissing(client, start, end, callback);
  }

  stateVector(): StateVector {
    const vector: StateVector = new Map();
    for (const client of this.clients.keys()) vector.set(client, this.end(client));
    return vector;
  }

  encodedStateVector(): Uint8Array {
    if (this.cachedVector?.seq !== this.seq) {
      this.cachedVector = { seq: this.seq, bytes: encodeStateVector(this.stateVector()) };
    }
    return this.cachedVector.bytes;
  }

  /** Takes the row `seq + 1`. It must be trimmed against this state and without a gap. */
  append(update: DecodedUpdate): void {
    for (const block of update.blocks) {
      if (block.clock !== this.end(block.client)) throw new Error('a row that does not continue the document');
    }
    for (const block of update.blocks) {
      if (block.cuts.length > 0) for (const run of chunksOf(update.bytes, [block])) this.addRun(run);
      else this.addChunk(block.client, toWholeChunk(update.bytes, block));
    }
    if (!update.deletes.isEmpty) {
      this.deletes.addAll(update.deletes);
      this.deletedIds += update.listed.idCount;
    }
    this.tail.push(update);
  }

  /** A row that adds nothing (a repeat of an earlier one after an unknown commit). */
  appendNothing(): void {
    this.tail.push(NOTHING);
  }

  /** Everything, as one Yjs v1 update; shared by all who ask at this `seq`, so never to be changed. */
  encode(): Uint8Array {
    if (this.cached?.seq !== this.seq) {
      this.cached = {
        seq: this.seq,
        update: encodeUpdate(
          [...this.clients].map(([client, chunks]) => toRun(client, chunks)),
          this.deletes,
        ),
      };
    }
    return this.cached.update;
  }

  /** The rows after `seq` as one update; undefined when they lie behind the base, or are too many to be joined for one reader. */
  encodeSince(seq: number): Uint8Array | undefined {
    if (seq < this.baseSeq || seq > this.seq || this.seq - seq > MAX_JOINED_ROWS) return undefined;
    return joinUpdates(this.tail.slice(seq - this.baseSeq));
  }

  /** What somebody with `vector` lacks, with the whole delete set: a state vector does not tell of deletes. */
  encodeDiff(vector: ReadonlyMap<number, number>): Uint8Array {
    const runs: StructRun[] = [];
    for (const [client, chunks] of this.clients) {
      const known = vector.get(client) ?? 0;
      if (known >= this.end(client)) continue;
      const first = firstEndingAfter(chunks, known);
      runs.push(toRun(client, [...cutChunk(client, chunks[first]!, known, this.kind), ...chunks.slice(first + 1)]));
    }
    return encodeUpdate(runs, this.deletes);
  }

  /** Puts a compacted form of the rows up to its `seq` in their place. Of the deletes, it needs those that no row told. */
  rebase(base: Compacted): void {
    const later = this.chunksAfter(new Map(base.runs.map(({ client, end }) => [client, end])));
    const keep = this.tail.slice(base.seq - this.baseSeq);
    this.clients.clear();
    this.structBytes = 0;
    for (const run of base.runs) this.addRun(run);
    for (const [client, chunks] of later) for (const chunk of chunks) this.addChunk(client, chunk);
    this.deletes.addAll(base.deletes);
    this.tail = keep;
    this.baseSeq = base.seq;
    this.baseBytes = this.structBytes - keep.reduce((sum, row) => sum + structSize(row), 0);
    this.deletedIds = keep.reduce((sum, row) => sum + row.listed.idCount, 0);
    this.cached = undefined;
  }

  /** What comes after the ends of a base. It ends where rows do: anything else is another document, and would leave a gap. */
  private chunksAfter(ends: ReadonlyMap<number, number>): [client: number, chunks: Chunk[]][] {
    return [...this.clients].map(([client, chunks]) => {
      const end = ends.get(client) ?? 0;
      const later = chunks.slice(firstEndingAfter(chunks, end));
      if (later[0] && later[0].clock !== end) throw new Error('a base that does not fit the rows after it');
      return [client, later];
    });
  }

  private addRun(run: StructRun): void {
    this.addChunk(run.client, toChunk(run));
  }

  private addChunk(client: number, chunk: Chunk): void {
    const chunks = this.clients.get(client);
    if (chunks) chunks.push(chunk);
    else this.clients.set(client, [chunk]);
    this.structBytes += chunk.bytes.length;
  }
}

const NOTHING: DecodedUpdate = {
  bytes: new Uint8Array([0, 0]),
  blocks: [],
  needs: [],
  deletes: IdRanges.NONE,
  listed: IdRanges.NONE,
  structCount: 0,
};

function structSize(update: DecodedUpdate): number {
  return update.blocks.reduce((sum, block) => sum + block.to - block.from, 0);
}
