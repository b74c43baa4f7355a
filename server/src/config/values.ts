import { isIP } from 'node:net';
import { z } from 'zod';

/** How one setting is read from its text, and the words that tell a person what is expected (never the value itself). */
export interface Value<T> {
  readonly type: string;
  readonly expects: string;
  readonly schema: z.ZodType<T, string>;
}

export function integer(min: number, max: number): Value<number> {
  const schema = z.string().regex(/^\d+$/).transform(Number).pipe(z.number().int().min(min).max(max));
  return { type: 'integer', expects: `a whole number from ${min} to ${max}`, schema };
}

export function text(min = 1): Value<string> {
  const expects = min > 1 ? `text of at least ${min} characters` : 'text that is not empty';
  return { type: 'text', expects, schema: z.string().min(min) };
}

/** What can stand behind `Bearer` in a header (RFC 6750 2.1); another secret could be set, but never sent. */
export function bearer(min: number): Value<string> {
  const expects = `at least ${min} characters of letters, digits and -._~+/, without spaces`;
  return {
    type: 'text',
    expects,
    schema: z
      .string()
      .min(min)
      .regex(/^[\w.~+/-]+=*$/),
  };
}

export function oneOf<const T extends [string, ...string[]]>(...choices: T): Value<T[number]> {
  return { type: choices.join(' \\| '), expects: `one of ${choices.join(', ')}`, schema: z.enum(choices) };
}

export function flag(): Value<boolean> {
  const words: Record<string, boolean> = { true: true, '1': true, yes: true, false: false, '0': false, no: false };
  const schema = z
    .string()
    .transform((word) => words[word.toLowerCase()])
    .pipe(z.boolean());
  return { type: 'flag', expects: 'true or false', schema };
}

/** A host name or an address to listen on: not a URL, and without a port. */
export function host(): Value<string> {
  const schema = z.string().regex(/^(?:[\w.-]+|[\da-fA-F:.]*:[\da-fA-F:.]*)$/);
  return { type: 'host', expects: 'a host name or an address, without scheme and port', schema };
}

export function url(...schemes: [string, ...string[]]): Value<string> {
  const schema = z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol));
  return { type: 'URL', expects: `a URL that begins with ${schemes.map((s) => `${s}//`).join(' or ')}`, schema };
}

/** The address people reach the server at; stored without the slash at its end, so that paths can be appended. */
export function publicUrl(): Value<string> {
  const schema = z
    .string()
    .refine((value) => /^https?:\/\/[^@?#]+$/.test(value) && URL.canParse(value))
    .transform((value) => value.replace(/\/+$/, ''));
  return {
    type: 'URL',
    expects: 'a URL that begins with http:// or https://, without query, fragment and user',
    schema,
  };
}

const MOST_HOPS = 32;
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/**
 * Proxies that are believed about who is calling: how many hops, or which addresses. Not `true`, as Express would take it:
 * then any caller could name any address in `X-Forwarded-For` and escape every limit that counts by address.
 */
export function proxies(): Value<number | readonly string[]> {
  const addresses = z
    .string()
    .transform((list) => list.split(',').map((address) => address.trim()))
    .pipe(z.array(z.string().refine((address) => PROXY_RANGES.includes(address) || isAddressRange(address))));
  return {
    type: 'integer or list of addresses',
    expects: `a number of hops from 0 to ${MOST_HOPS}, or addresses such as loopback, 10.0.0.7 or 10.0.0.0/8, with commas between`,
    schema: z.union([integer(0, MOST_HOPS).schema, addresses]),
  };
}

function isAddressRange(range: string): boolean {
  const [, address = '', prefix] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(range) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(prefix ?? 0) <= (family === 4 ? 32 : 128);
}

/**
 * Exact origins, as a browser sends them. A wildcard is refused: with credentials it would let every page on the web act
 * for a signed-in visitor, and `null` is what any sandboxed frame sends.
 */
export function origins(): Value<readonly string[]> {
  const schema = z
    .string()
    .transform((list) => list.split(',').map((origin) => origin.trim()))
    .pipe(z.array(z.string().refine(isOrigin)));
  return {
    type: 'list of origins',
    expects: 'exact origins such as https://ide.example.org, with commas between; no *',
    schema,
  };
}

function isOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const parsed = new URL(origin);
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') {
    return parsed.origin === origin && !parsed.host.includes('*');
  }
  // Desktop shells have schemes of their own (tauri://localhost), for which URL.origin is "null".
  return /^[a-z][a-z\d+.-]*:\/\/[a-z\d.-]+(?::\d+)?$/.test(origin);
}
