import { z } from 'zod';

/**
 * Binary on the wire. Browsers receive `ArrayBuffer`, Node `Buffer`; both become a plain view, without a copy.
 * Inside arrays bytes travel as base64 text instead, because stock decoders refuse more than ten attachments.
 */
export const bytes = z
  .custom<Uint8Array | ArrayBuffer>((value) => value instanceof Uint8Array || value instanceof ArrayBuffer, {
    error: 'expected binary',
  })
  .transform((value): Uint8Array<ArrayBufferLike> => (value instanceof ArrayBuffer ? new Uint8Array(value) : value))
  .meta({ wire: 'bytes' });

/** Of things that are small by nature. */
export const bytesUpTo = (limit: number) =>
  bytes.refine((value) => value.length <= limit, { error: `at most ${limit} bytes` });

/** Lower case on both sides: ids are keys of maps, and PostgreSQL answers in lower case. */
export const id = z.uuid().toLowerCase();
/** A document's counter of stored updates: 1 is the first. Gap-free, in commit order. */
export const seq = z.number().int().nonnegative();
export const epoch = z.number().int().positive();
/** A Yjs client id. Yjs itself draws 32 bits; other implementations up to 53. */
export const clientId = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
export const role = z.enum(['owner', 'maintainer', 'editor', 'commenter', 'viewer']);
export const documentKind = z.enum(['text', 'free']);
/** Epoch milliseconds. */
export const time = z.number().int().nonnegative();

export type Role = z.infer<typeof role>;
export type DocumentKind = z.infer<typeof documentKind>;
