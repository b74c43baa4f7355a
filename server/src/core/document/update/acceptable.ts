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

export function checkDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new Unacceptable('nested too deep');
}
