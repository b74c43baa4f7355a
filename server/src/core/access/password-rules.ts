import type { CommonPasswords } from './common-passwords.js';

/** Why a password is refused; each has words that help to find a better one. */
export type PasswordWeakness = 'common' | 'pattern' | 'personal';

export const WEAKNESS_WORDS: Readonly<Record<PasswordWeakness, string>> = {
  common:
    'This password is made of one that is guessed first. Take a sentence, or four words that have nothing to do with each other',
  pattern:
    'This password repeats itself or runs along the keyboard. Take a sentence, or four words that have nothing to do with each other',
  personal:
    'This password is little more than your name or e-mail address. Take a sentence that nobody would expect of you',
};

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly email?: string | null;
  readonly displayName?: string;
}

/** Runs that hands and minds make. */
const RUNS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'azertyuiop',
];
const ALL_RUNS = [...RUNS, ...RUNS.map((run) => [...run].reverse().join(''))];
const SHORTEST_RUN = 3;
/** Shorter ones of the list are words that sentences are made of. */
const SHORTEST_COMMON = 4;
const LONGEST_COMMON = 32;
/** Pieces of a password that a guesser tries at once; with more of them it counts as unguessable here. */
const FEW_PIECES = 2;
/** What the rest of a password is at least, beside its owner's name and address. */
const LEAST_OF_ITS_OWN = 8;
/** A password is long when it is this long: what is left after its pattern is found must not be less. */
const LEAST_UNIT = 9;

/**
 * Judges what the length does not (NIST 800-63B-4 3.1.1.2: a blocklist with the words of the service and the user, and no
 * rules of composition). A list alone would find nothing: hardly a common password has 15 characters. So what makes a short
 * one long is taken off first: repeats, digits in place of letters, runs of the keyboard, years at the end.
 */
export function passwordWeakness(
  password: string,
  owner: PasswordOwner,
  common: CommonPasswords,
): PasswordWeakness | undefined {
  const plain = password.normalize('NFKC').toLowerCase();
  if (withoutPersonal(plain, owner).length < LEAST_OF_ITS_OWN) return 'personal';
  for (const form of [plain, plainLetters(plain)]) {
    if (common.has(form)) return 'common';
    for (const trimmed of [form, form.replace(/[^\p{L}]{1,6}$/u, '')]) {
      const unit = repeatedUnit(trimmed);
      if (unit.length < trimmed.length && (unit.length < LEAST_UNIT || isFewPieces(unit, common))) return 'pattern';
    }
    if (isFewPieces(form, common)) return isRunsOnly(form) ? 'pattern' : 'common';
  }
  return undefined;
}

/** Without the owner's words of three letters and more, and without what stands between words. */
function withoutPersonal(plain: string, { email, displayName }: PasswordOwner): string {
  const whole = [email ?? '', email?.split('@')[0] ?? '', displayName ?? ''].map((word) => word.toLowerCase());
  const words = [...whole, ...whole.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u))].filter(
    (word) => word.length >= 3,
  );
  const longestFirst = [...new Set(words)].sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return plain;
  let rest = plain;
  for (const word of longestFirst) rest = rest.replaceAll(word, '');
  // A password without any of them is not judged by its punctuation.
  return rest === plain ? plain : rest.replace(/[^\p{L}\p{N}]/gu, '');
}

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

function plainLetters(plain: string): string {
  return plain.replace(/[013457@$!]/g, (character) => LOOK_ALIKES[character] ?? character);
}

/** The shortest beginning that makes the whole when it is written again and again; the whole where there is none. */
function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit;
  }
  return text;
}

/** Whether so few common passwords and runs, put one behind the other, make it. */
function isFewPieces(text: string, common: CommonPasswords): boolean {
  // Pieces that each beginning of the text is made of at least.
  const pieces = new Array<number>(text.length + 1).fill(Number.POSITIVE_INFINITY);
  pieces[0] = 0;
  for (let start = 0; start < text.length; start += 1) {
    const before = pieces[start] ?? 0;
    if (before >= FEW_PIECES) continue;
    for (let end = start + 1; end <= text.length; end += 1) {
      const piece = text.slice(start, end);
      const isPiece = isRun(piece) || (piece.length <= LONGEST_COMMON && isCommon(piece, common));
      if (isPiece) pieces[end] = Math.min(pieces[end] ?? before, before + 1);
    }
  }
  return (pieces[text.length] ?? 0) <= FEW_PIECES;
}

const isCommon = (piece: string, common: CommonPasswords) => piece.length >= SHORTEST_COMMON && common.has(piece);

function isRun(piece: string): boolean {
  if (/^(.)\1*$/u.test(piece)) return true;
  return piece.length >= SHORTEST_RUN && ALL_RUNS.some((run) => run.includes(piece));
}

const NOTHING: CommonPasswords = { has: () => false };

const isRunsOnly = (text: string) => isFewPieces(text, NOTHING);
