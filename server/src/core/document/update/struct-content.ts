import type { Work } from '../../work.js';
import { checkKey } from './acceptable.js';
import { skipAny, skippingAny } from './any-value.js';
import { type ByteReader, MalformedBytes } from './byte-reader.js';
import { checkingJson, checkJson } from './json-value.js';

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

/** Bytes of one piece of long work. */
const PIECE = 16 * 1024;

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
      for (let i = 0; i < count; i++) skipAny(reader);
      return count;
    }
    case CONTENT.doc:
      reader.string();
      skipAny(reader);
      return 1;
    default:
      throw new MalformedBytes('unknown content');
  }
}

/** Whether one struct may hold millions of values. */
export function holdsValues(ref: number): boolean {
  return (
    ref === CONTENT.any ||
    ref === CONTENT.json ||
    ref === CONTENT.embed ||
    ref === CONTENT.format ||
    ref === CONTENT.doc
  );
}

/** As `skipContent`, of content that holds values. */
export function* skippingContent(reader: ByteReader, ref: number): Work<number> {
  if (ref === CONTENT.any) {
    const count = reader.count(1);
    yield* skippingAny(reader, count);
    return count;
  }
  if (ref === CONTENT.json) {
    const count = reader.count(1);
    for (let i = 0, since = reader.position; i < count; i++) {
      yield* checkingJson(reader.string());
      if (reader.position - since < PIECE) continue;
      since = reader.position;
      yield;
    }
    return count;
  }
  if (ref === CONTENT.format) checkKey(reader.string());
  if (ref === CONTENT.doc) {
    reader.string();
    yield* skippingAny(reader, 1);
  } else yield* checkingJson(reader.string());
  return 1;
}
