import type { DocumentKind, ErrorCode } from '@tandem/protocol';
import type { Work } from '../../work.js';
import { BadKey, checkKey, Unacceptable } from './acceptable.js';
import { ByteReader, MalformedBytes } from './byte-reader.js';
import { Allowance, type DecodeBounds, Excess } from './decode-bounds.js';
import type { Cut, DecodedUpdate, StructBlock } from './decoded-update.js';
import { IdRanges } from './id-ranges.js';
import { CONTENT, holdsValues, skipContent, skippingContent } from './struct-content.js';

/** The shared type that holds the text of a document of kind `text`. */
export const TEXT_ROOT = 'content';

/** A chunk is no longer than this unless it is one struct, so that cutting a document anywhere touches few bytes. */
export const CHUNK_BYTES = 64 * 1024;
const NO_CUTS: readonly Cut[] = [];

/** Up to this size, in bytes, a decoding is not worth to be cut into pieces of so many structs. */
const SHORT = 4096;
const PIECE = 2048;

// The flags of a struct's info byte, as Yjs writes it.
const REF = 0b0001_1111;
const HAS_PARENT_KEY = 0b0010_0000;
const HAS_RIGHT_ORIGIN = 0b0100_0000;
const HAS_ORIGIN = 0b1000_0000;

/**
 * Decodes a Yjs v1 update to its end and judges its content by the document's kind.
 *
 * Written by hand because Yjs's own readers are not made for strangers: `applyUpdate` changes the document before it
 * throws, `decodeUpdate` ignores bytes left over, and counts are allocated before they are checked.
 * Source of the format: Yjs 13 `utils/encoding.js`, `structs/Item.js`.
 *
 * @returns the update, or the code it is refused with.
 */
export function decodeUpdate(
  bytes: Uint8Array,
  kind: DocumentKind,
  chunkBytes = CHUNK_BYTES,
): DecodedUpdate | ErrorCode {
  const reader = new ByteReader(bytes);
  try {
    const decoded = new Decoder(reader, kind, chunkBytes).decode();
    return reader.remaining === 0 ? decoded : leftOver(bytes);
  } catch (error) {
    return refusalOf(error);
  }
}

/** As `decodeUpdate`, in pieces: a million structs take a third of a second. It is not read on beyond the `bounds`. */
export function decodingUpdate(bytes: Uint8Array, kind: DocumentKind): Work<DecodedUpdate | ErrorCode>;
export function decodingUpdate(
  bytes: Uint8Array,
  kind: DocumentKind,
  bounds: DecodeBounds,
): Work<DecodedUpdate | ErrorCode | Excess>;
export function* decodingUpdate(
  bytes: Uint8Array,
  kind: DocumentKind,
  bounds?: DecodeBounds,
): Work<DecodedUpdate | ErrorCode | Excess> {
  if (bytes.length <= SHORT) return decodeUpdate(bytes, kind);
  const reader = new ByteReader(bytes);
  try {
    const decoded = yield* new Decoder(reader, kind, CHUNK_BYTES, bounds && new Allowance(bounds)).decoding();
    return reader.remaining === 0 ? decoded : leftOver(bytes);
  } catch (error) {
    return error instanceof Excess ? error : refusalOf(error);
  }
}

/** A V2 update begins with a zero byte, which v1 reads as "no structs". */
function leftOver(bytes: Uint8Array): ErrorCode {
  return bytes[0] === 0 ? 'unsupported_encoding' : 'malformed_update';
}

function refusalOf(error: unknown): ErrorCode {
  if (error instanceof MalformedBytes) return 'malformed_update';
  if (error instanceof Unacceptable) return 'schema_violation';
  if (error instanceof BadKey) return 'bad_key';
  throw error;
}

class Decoder {
  private readonly blocks: StructBlock[] = [];
  private readonly needs: number[] = [];
  /** Content that came already deleted. */
  private deletes: IdRanges | undefined;
  private clients: Set<number> | undefined;
  private structCount = 0;
  private blocksLeft = 0;
  /** The block that is being read: where it and its present chunk began. */
  private structs = 0;
  private structsLeft = 0;
  private blockStart = 0;
  private blockFrom = 0;
  private chunkFrom = 0;
  private cuts: Cut[] | undefined;
  /** The struct that is being read. */
  private client = 0;
  private clock = 0;
  private structFrom = 0;
  /** What of its content is left for a piece of work of its own. */
  private content: number | undefined;
  private isInPieces = false;
  /** The first clock of its client that is not known. */
  private newFrom = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly kind: DocumentKind,
    private readonly chunkBytes: number,
    private readonly allowance?: Allowance,
  ) {}

  decode(): DecodedUpdate {
    this.begin();
    while (this.advance(Number.POSITIVE_INFINITY));
    const listed = this.readDeletes();
    this.deletes?.addAll(listed);
    return this.finish(listed);
  }

  *decoding(): Work<DecodedUpdate> {
    const { reader } = this;
    this.isInPieces = true;
    this.begin();
    while (this.advance(PIECE)) {
      if (this.content !== undefined) {
        const length = yield* skippingContent(reader, this.content);
        this.content = undefined;
        this.endStruct(length);
        if (this.structsLeft === 0) this.endBlock();
      }
      yield;
    }
    const listed = yield* IdRanges.reading(reader, (client) => this.allowance?.deleted(client));
    if (this.deletes) yield* this.deletes.adding(listed);
    return this.finish(listed);
  }

  private begin(): void {
    // The smallest block is a count, a client, a clock and a struct of two bytes.
    this.blocksLeft = this.reader.count(5);
  }

  /** Nearly all edits insert only; an edit keeps what is made here until its document is compacted. */
  private readDeletes(): IdRanges {
    const { reader } = this;
    return reader.peek() === 0 && reader.byte() === 0 ? IdRanges.NONE : IdRanges.read(reader);
  }

  private finish(listed: IdRanges): DecodedUpdate {
    return {
      bytes: this.reader.bytes,
      blocks: this.blocks,
      needs: this.needs,
      deletes: this.deletes ?? listed,
      listed,
      structCount: this.structCount,
    };
  }

  private addDeleted(length: number): void {
    this.deletes ??= new IdRanges();
    this.deletes.add(this.client, this.clock, this.clock + length);
  }

  /** Reads at most so many structs, of one block, or to the `content` of one; false when there is none left. */
  private advance(limit: number): boolean {
    if (this.structsLeft === 0) {
      if (this.blocksLeft === 0) return false;
      this.blocksLeft--;
      this.beginBlock();
    }
    const { reader } = this;
    for (let left = Math.min(limit, this.structsLeft); left > 0; left--) {
      this.structFrom = reader.position;
      const length = this.struct();
      if (length === undefined) break;
      this.endStruct(length);
    }
    if (this.structsLeft === 0) this.endBlock();
    return true;
  }

  private beginBlock(): void {
    const { reader } = this;
    const structs = reader.count(2);
    this.client = reader.varUint();
    this.clock = reader.varUint();
    // Yjs keeps only the last of two blocks of one client, so such bytes mean different things to different readers.
    if (structs === 0 || this.isRepeated()) throw new MalformedBytes('bad block');
    if (this.allowance) this.newFrom = this.allowance.from(this.client);
    this.structs = structs;
    this.structsLeft = structs;
    this.blockStart = this.clock;
    this.blockFrom = reader.position;
    this.chunkFrom = reader.position;
    this.cuts = undefined;
  }

  private endBlock(): void {
    if (this.allowance && this.clock > this.newFrom) this.allowance.author();
    this.structCount += this.structs;
    this.blocks.push({
      client: this.client,
      clock: this.blockStart,
      end: this.clock,
      structs: this.structs,
      from: this.blockFrom,
      to: this.reader.position,
      cuts: this.cuts ?? NO_CUTS,
    });
  }

  /** Whether an earlier block is of the same client. */
  private isRepeated(): boolean {
    if (this.blocks.length === 0) return false;
    this.clients ??= new Set([this.blocks[0]!.client]);
    if (this.clients.has(this.client)) return true;
    this.clients.add(this.client);
    return false;
  }

  /** Returns its length; undefined when its content is left for `decoding`. */
  private struct(): number | undefined {
    const { reader } = this;
    const info = reader.byte();
    const ref = info & REF;
    if (ref !== CONTENT.gc && ref !== CONTENT.skip) return this.item(info, ref);
    // A hole in a block, or clocks without content: plain text never has them, and they silence a victim's edits (A5).
    if (this.kind === 'text' || ref === CONTENT.skip) throw new Unacceptable('gc or skip');
    const length = reader.varUint();
    this.addDeleted(length);
    return length;
  }

  private endStruct(length: number): void {
    const { clock, structFrom } = this;
    if (length === 0 || clock + length > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('bad length');
    if (this.allowance && clock >= this.newFrom) this.allowance.struct();
    this.clock = clock + length;
    this.structsLeft--;
    if (this.reader.position - this.chunkFrom <= this.chunkBytes || structFrom === this.chunkFrom) return;
    this.cuts ??= [];
    this.cuts.push({ clock, at: structFrom, structs: this.structs - this.structsLeft - 1 });
    this.chunkFrom = structFrom;
  }

  private item(info: number, ref: number): number | undefined {
    if (info & HAS_ORIGIN) this.need();
    if (info & HAS_RIGHT_ORIGIN) this.need();
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) this.parent(info);
    if (this.kind === 'text' && ref !== CONTENT.string && ref !== CONTENT.deleted) throw new Unacceptable('not text');
    if (this.isInPieces && holdsValues(ref)) {
      this.content = ref;
      return undefined;
    }
    const length = skipContent(this.reader, ref);
    if (ref === CONTENT.deleted) this.addDeleted(length);
    return length;
  }

  /** Only an item without neighbours names its parent; the others inherit it. */
  private parent(info: number): void {
    const { reader } = this;
    const isRoot = reader.varUint() === 1;
    if (isRoot) {
      const name = reader.string();
      checkKey(name);
      if (this.kind === 'text' && name !== TEXT_ROOT) throw new Unacceptable('unknown root');
    } else {
      if (this.kind === 'text') throw new Unacceptable('nested type');
      this.need();
    }
    if (info & HAS_PARENT_KEY) {
      if (this.kind === 'text') throw new Unacceptable('map entry');
      checkKey(reader.string());
    }
  }

  private need(): void {
    const client = this.reader.varUint();
    const clock = this.reader.varUint();
    // An id of its own block that comes earlier is there by then. Its own or a later clock never is: kept, and refused.
    if (client === this.client && clock < this.clock && clock >= this.blockStart) return;
    this.needs.push(this.blocks.length, this.clock, client, clock);
  }
}
