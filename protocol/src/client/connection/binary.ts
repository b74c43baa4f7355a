import { ERRORS, TandemError } from '../../errors.js';
import type { WireError } from '../../wire/answer.js';

/** Browsers receive `ArrayBuffer`, Node `Buffer`: both become a plain view, without a copy. */
export const plainBytes = <T>(value: T): T => {
  if (value instanceof ArrayBuffer) return new Uint8Array(value) as T;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength) as T;
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainBytes(field)])) as T;
};

const isWireError = (value: unknown): value is WireError =>
  typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';

/** A newer server may send a code that this version does not know: its `retry` still says what to do. */
export const fromWire = (value: unknown): TandemError => {
  if (!isWireError(value)) return new TandemError('internal', 'The server refused without saying why');
  const code = value.code in ERRORS ? value.code : 'internal';
  return new TandemError(code, value.message, value.details, value.retryAfterMs, value.retry);
};
