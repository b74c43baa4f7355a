import { TandemError } from '@tandem/protocol';
import type { z } from 'zod';

/** Names that reach into prototypes when settings are merged somewhere later (A9, A47). */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** With the `u` flag a pair reads as one code point, so only a half matches. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * What `schema` makes of a JSON body.
 * @throws TandemError `bad_request` naming each wrong field, `bad_key` for a key that reaches into prototypes.
 */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  refuseUnstorable(body);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw badRequest(parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
}

/** `details.errors` becomes the `errors` of the problem document. */
function badRequest(errors: { path: string; message: string }[]): TandemError {
  return new TandemError('bad_request', undefined, { errors });
}

/**
 * PostgreSQL stores neither NUL nor half a surrogate pair in text and jsonb: it would answer with a driver error where the
 * sender deserves a reason. Walks without recursion, as 100 kB of brackets nest deeper than the stack.
 */
function refuseUnstorable(body: unknown): void {
  const waiting: { path: string; value: unknown }[] = [{ path: '', value: body }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, value } = next;
    if (typeof value === 'string') refuseText(path, value);
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (FORBIDDEN_KEYS.has(key)) throw new TandemError('bad_key');
      refuseText(path, key);
      waiting.push({ path: path === '' ? key : `${path}.${key}`, value: inner });
    }
  }
}

function refuseText(path: string, text: string): void {
  if (text.includes('\0')) throw badRequest([{ path, message: 'Must not contain NUL characters' }]);
  if (LONE_SURROGATE.test(text)) throw badRequest([{ path, message: 'Must be well-formed Unicode' }]);
}
