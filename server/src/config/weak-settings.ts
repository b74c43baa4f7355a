import type { BadSetting } from './config-error.js';

type Given = Readonly<Record<string, string | undefined>>;

/** Words of examples, and of who was in a hurry. */
const SAMPLES =
  /change.?me|replace.?me|example|sample|secret|password|default|your.?key|insecure|qwerty|letmein|tandem/i;

/** Of a secret that keys are drawn from, and of one that is only compared. A random one of 32 hexadecimal digits has about 120. */
const SECRET_BITS = 80;
const TOKEN_BITS = 40;

/**
 * Settings that a server which others reach must not start with (A32): what is guessed gives away every key, and what goes
 * over the network in clear text gives away every session.
 */
export function weakSettings(given: Given): BadSetting[] {
  if (given.NODE_ENV !== 'production') return [];
  const bad: BadSetting[] = [];
  for (const [key, bits] of [
    ['TANDEM_SECRET', SECRET_BITS],
    ['METRICS_TOKEN', TOKEN_BITS],
  ] as const) {
    const value = given[key];
    if (value && isGuessable(value, bits)) {
      bad.push({ key, expected: 'something random in production, as `openssl rand -hex 32` prints it' });
    }
  }
  if (given.PUBLIC_URL && isPlainHttp(given.PUBLIC_URL) && !isYes(given.ALLOW_PLAIN_HTTP)) {
    bad.push({
      key: 'PUBLIC_URL',
      expected: 'https:// in production, where tokens cross a network; ALLOW_PLAIN_HTTP=true for one that is trusted',
    });
  }
  return bad;
}

/** Whether a guesser who knows the habits of people would find it: a sample, or too little in it. */
function isGuessable(value: string, bits: number): boolean {
  return SAMPLES.test(value) || entropyOf(value) < bits;
}

/** Bits by the frequencies of its characters, of the part that is not written again and again. */
function entropyOf(value: string): number {
  const unit = repeatedUnit(value);
  const counts = new Map<string, number>();
  for (const character of unit) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / unit.length);
  return isStaircase(unit) ? 0 : bits;
}

function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

/** `0123456789abcdef...`: each character follows the one before, but for a few. */
function isStaircase(text: string): boolean {
  let steps = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) === 1) steps += 1;
  }
  return steps > text.length * 0.7;
}

function isPlainHttp(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  const isLoopback =
    hostname === 'localhost' || hostname.endsWith('.localhost') || /^(?:127\.|\[::1\]$)/.test(hostname);
  return protocol === 'http:' && !isLoopback;
}

const isYes = (value: string | undefined) => /^(?:true|1|yes)$/i.test(value ?? '');
