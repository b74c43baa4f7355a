import type { Work } from '../../work.js';
import { checkDepth, checkKey } from './acceptable.js';
import { MalformedBytes } from './byte-reader.js';
import { JsonScanner } from './json-scanner.js';

/** Up to this length a text is parsed at once: 64 Ki characters take a few milliseconds at most. */
const SHORT = 64 * 1024;
/** What Yjs writes for it in ContentJSON. */
const UNDEFINED = 'undefined';
/** Values of one piece of long work. */
const PIECE = 4096;

/** Throws MalformedBytes for what `JSON.parse` throws at, and for values and keys that no document of ours may hold. */
export function checkJson(text: string): void {
  if (text === UNDEFINED) return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedBytes('not JSON');
  }
  checkValue(value, 0);
}

/** As `checkJson`: to parse 16 MB of numbers takes a fifth of a second, to walk through what comes out some more. */
export function* checkingJson(text: string): Work<void> {
  if (text.length <= SHORT) {
    checkJson(text);
    return;
  }
  const scanner = new JsonScanner(text);
  while (scanner.scan(PIECE)) yield;
}

function checkValue(value: unknown, depth: number): void {
  checkDepth(depth);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const child of value) checkValue(child, depth + 1);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    checkKey(key);
    checkValue(child, depth + 1);
  }
}
