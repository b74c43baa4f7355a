import type { DocumentKind, ErrorCode } from '@tandem/protocol';
import { ByteReader, MalformedBytes } from './byte-reader.js';
import type { Cut, DecodedUpdate, StructBlock } from './decoded-update.js';
import { IdRanges } from './id-ranges.js';
import { BadKey, CONTENT, checkKey, skipContent, Unacceptable } from './struct-content.js';

/** The shared type that holds the text of a document of kind `text`. */
export const TEXT_ROOT = 'content';

/** A chunk is no longer than this unless it is one struct, so that cutting a document anywhere touches few bytes. */
export const CHUNK_BYTES = 64 * 1024;
const NO_CUTS: readonly Cut[] = [];

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
    if (reader.remaining === 0) return decoded;
    // A V2 update begins with a zero byte, which v1 reads as "no structs".
    return bytes[0] === 0 ? 'unsupported_encoding' : 'malformed_update';
  } catch (error) {
    if (error instanceof MalformedBytes) return 'malformed_update';
    if (error instanceof Unacceptable) return 'schema_violation';
    if (error instanceof BadKey) return 'bad_key';
    throw error;
  }
}

class Decoder {
  private readonly blocks: StructBlock[] = [];
  private readonly needs: number[] = [];
  private readonly deletes = new IdRanges();
  private readonly clients = new Set<number>();
  private structCount = 0;
  /** The struct that is being read, and where its block began. */
  private client = 0;
  private clock = 0;
  private blockStart = 0;

  constructor(
    private readonly reader: ByteReader,
    private readonly kind: DocumentKind,
    private readonly chunkBytes: number,
  ) {}

  decode(): DecodedUpdate {
    const { reader } = this;
    // The smallest block is a count, a client, a clock and a struct of two bytes.
    const blocks = reader.count(5);
    for (let i = 0; i < blocks; i++) this.block();
    const listed = IdRanges.read(reader);
    this.deletes.addAll(listed);
    return {
      bytes: reader.bytes,
      blocks: this.blocks,
      needs: this.needs,
      deletes: this.deletes,
      listed,
      structCount: this.structCount,
    };
  }

  private block(): void {
    const { reader } = this;
    const structs = reader.count(2);
    this.client = reader.varUint();
    this.clock = reader.varUint();
    // Yjs keeps only the last of two blocks of one client, so such bytes mean different things to different readers.
    if (structs === 0 || this.clients.has(this.client)) throw new MalformedBytes('bad block');
    this.clients.add(this.client);
    this.blockStart = this.clock;
    const from = reader.position;
    let cuts: Cut[] | undefined;
    let chunk = from;
    for (let i = 0; i < structs; i++) {
      const { clock } = this;
      const at = reader.position;
      this.struct();
      if (reader.position - chunk <= this.chunkBytes || at === chunk) continue;
      cuts ??= [];
      cuts.push({ clock, at, structs: i });
      chunk = at;
    }
    this.structCount += structs;
    this.blocks.push({
      client: this.client,
      clock: this.blockStart,
      end: this.clock,
      structs,
      from,
      to: reader.position,
      cuts: cuts ?? NO_CUTS,
    });
  }

  private struct(): void {
    const { reader } = this;
    const info = reader.byte();
    const ref = info & REF;
    let length: number;
    if (ref === CONTENT.gc || ref === CONTENT.skip) {
      // A hole in a block, or clocks without content: plain text never has them, and they silence a victim's edits (A5).
      if (this.kind === 'text' || ref === CONTENT.skip) throw new Unacceptable('gc or skip');
      length = reader.varUint();
      this.deletes.add(this.client, this.clock, this.clock + length);
    } else {
      length = this.item(info, ref);
    }
    if (length === 0 || this.clock + length > Number.MAX_SAFE_INTEGER) throw new MalformedBytes('bad length');
    this.clock += length;
  }

  private item(info: number, ref: number): number {
    if (info & HAS_ORIGIN) this.need();
    if (info & HAS_RIGHT_ORIGIN) this.need();
    if ((info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) === 0) this.parent(info);
    if (this.kind === 'text' && ref !== CONTENT.string && ref !== CONTENT.deleted) throw new Unacceptable('not text');
    const length = skipContent(this.reader, ref);
    if (ref === CONTENT.deleted) this.deletes.add(this.client, this.clock, this.clock + length);
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
