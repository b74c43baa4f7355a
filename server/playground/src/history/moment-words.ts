import type { HistoryAuthor, HistoryChange, Version } from '@tandem/protocol/http';
import { timeWords } from '../settings/time-words.js';
import type { Moment } from './moments.js';

const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'long', year: 'numeric' });
const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const list = new Intl.ListFormat('en');

export function dayWords(at: number, now = new Date()): string {
  const words = day.format(at);
  if (words === day.format(now)) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return words === day.format(yesterday) ? 'Yesterday' : words;
}

/** How a moment is called in a sentence: by its name, else by its time. */
export const momentWords = ({ version, at }: Moment): string =>
  version ? `“${version.name}”` : `${day.format(at)}, ${time.format(at)}`;

export const authorWords = (authors: readonly HistoryAuthor[]): string =>
  list.format(authors.map(({ displayName }) => displayName));

/** The line in bold, and the one below it. */
export function lineWords({ version, change, at }: Moment, versions: readonly Version[]): [string, string] {
  const did = change && changeWords(change, versions);
  if (!version) return [did?.who ?? '', [time.format(at), did?.what].filter(Boolean).join(' · ')];
  if (!did) return [version.name, namedWords(version)];
  return [version.name, [time.format(at), did.who].join(' · ')];
}

/** The same at the head of its text, where no day stands above. */
export function headWords({ version, change, at }: Moment, versions: readonly Version[]): [string, string] {
  const when = `${day.format(at)}, ${time.format(at)}`;
  const did = change && changeWords(change, versions);
  if (!version) return [when, [did?.who, did?.what].filter(Boolean).join(' · ')];
  return [version.name, did ? `${when} · ${did.who}` : namedWords(version)];
}

/** Of a version that stands alone only that is known. */
const namedWords = ({ createdAt, createdBy }: Version): string =>
  `named ${timeWords(createdAt)} by ${createdBy.displayName}`;

function changeWords(change: HistoryChange, versions: readonly Version[]): { who: string; what: string } {
  const { kind, of, authors, updates } = change;
  const who = authorWords(authors);
  if (kind === 'edit') return { who, what: updates === 1 ? '1 edit' : `${updates} edits` };
  const source = of && 'versionId' in of ? versions.find(({ id }) => id === of.versionId) : undefined;
  const text = source ? `“${source.name}”` : of && 'empty' in of ? 'an empty text' : 'an earlier text';
  return { who, what: kind === 'restore' ? `restored ${text}` : `began anew with ${text}` };
}
