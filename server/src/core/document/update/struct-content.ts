import { type ByteReader, MalformedBytes } from './byte-reader.js';

/** Yjs's content references (`contentRefs` of its Item), and the two structs that are not items. */
export const CONTENT = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const;

/** What honest documents never reach, and what overflows the stack of `toJSON` far above it. */
const MAX_VALUE_DEPTH = 64;

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** A key that would let a reader's `object[key]` reach a prototype (A9). */
export class BadKey extends Error {}
/** Decodes, but no document of ours may hold it. */
export class Unacceptable extends Error {}

export function checkKey(key: string): void {
  if (FORBIDDEN_KEYS.has(key)) throw new BadKey(key);
}

/** Skips the content of an item and returns its length in clock units. */
export function skipContent(reader: ByteReader, ref: number): number {
  switch (ref) {
    case CONTENT.deleted:
      return reader.varUint();
    case CONTENT.string:
      return reader.stringLength();
    case CONTENT.json: {
      const count = reader.count(1);
      for (let i = 0; i < count; i++) checkJson(reader.string());
      return count;
    }
    case CONTENT.binary:
      reader.varBytes();
      return 1;
    case CONTENT.embed:
      checkJson(reader.string());
      return 1;
    case CONTENT.format:
      checkKey(reader.string());
      checkJson(reader.string());
      return 1;
    case CONTENT.type: {
      const type = reader.varUint();
      if (type > 6) throw new MalformedBytes('unknown type');
      // XML elements and hooks carry a name.
      if (type === 3 || type === 5) reader.string();
      return 1;
    }
    case CONTENT.any: {
      const count = reader.count(1);
      for (let i = 0; i < count; i++) skipAny(reader, 0);
      return count;
    }
    case CONTENT.doc:
      reader.string();
      skipAny(reader, 0);
      return 1;
    default:
      throw new MalformedBytes('unknown content');
  }
}

function checkJson(text: string): void {
  if (text === 'undefined') return; // what Yjs writes for it in ContentJSON
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedBytes('not JSON');
  }
  checkValue(value, 0);
}

function checkValue(value: unknown, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new Unacceptable('nested too deep');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value)) checkKey(key);
    checkValue(child, depth + 1);
  }
}

/** lib0's `readAny`, without building the value. */
function skipAny(reader: ByteReader, depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new Unacceptable('nested too deep');
  switch (127 - reader.byte()) {
    case 0: // undefined
    case 1: // null
    case 6: // false
    case 7: // true
      return;
    case 2:
      skipVarInt(reader);
      return;
    case 3:
      reader.slice(4);
      return;
    case 4:
    case 5:
      reader.slice(8);
      return;
    case 8:
      reader.string();
      return;
    case 9: {
      const count = reader.count(2);
      for (let i = 0; i < count; i++) {
        checkKey(reader.string());
        skipAny(reader, depth + 1);
      }
      return;
    }
    case 10: {
      const count = reader.count(1);
      for (let i = 0; i < count; i++) skipAny(reader, depth + 1);
      return;
    }
    case 11:
      reader.varBytes();
      return;
    default:
      throw new MalformedBytes('unknown value');
  }
}

/** lib0's varInt: the sign and six bits, then seven bits a byte. */
function skipVarInt(reader: ByteReader): void {
  let value = reader.byte();
  if (value < 0x80) return;
  value &= 0x3f;
  for (let factor = 64; factor <= 2 ** 48; factor *= 128) {
    const byte = reader.byte();
    value += (byte & 0x7f) * factor;
    if (value > Number.MAX_SAFE_INTEGER) break;
    if (byte < 0x80) return;
  }
  throw new MalformedBytes('integer out of range');
}
