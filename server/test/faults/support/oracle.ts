import { type Entry, type Ledger, type Token, tokensIn, withoutTokens } from './ledger.js';
import type { View } from './view.js';

export interface Violation {
  readonly rule:
    | 'an acknowledged update is missing'
    | 'an update that somebody saw is missing'
    | 'an acknowledged delete came back'
    | 'a delete that somebody saw came back'
    | 'text stands twice'
    | 'text is torn or made up'
    | 'updates are held back by a gap'
    | 'seq has holes'
    | 'replicas differ'
    | 'a document cannot be opened'
    | 'a client was refused for good';
  readonly where: string;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/**
 * Whether a view keeps every promise that was made before it was taken. What was deleted since may be gone from the
 * text, but never from the struct store.
 */
export function keepsPromises(view: View, promises: readonly Entry[], ledger: Ledger): Violation[] {
  const shown = tokensIn(view.text);
  const present = new Set(shown);
  const isLost = ({ token }: Entry) => !isStored(view, token) || (!present.has(token.name) && !ledger.isDeleted(token));
  const lost = promises.filter(isLost);
  const back = promises.filter(({ token }) => present.has(token.name));
  const names = (entries: readonly Entry[]) => entries.map(({ token }) => token.name);
  const counted = new Set<string>();
  const twice = shown.filter((name) => counted.size === counted.add(name).size);
  const strange = [withoutTokens(view.text), ...shown.filter((name) => !ledger.knows(name))].filter(Boolean);
  return [
    ...violation('an acknowledged update is missing', view, names(lost.filter(({ insert }) => insert.acked))),
    ...violation('an update that somebody saw is missing', view, names(lost.filter(({ insert }) => insert.seen))),
    ...violation('an acknowledged delete came back', view, names(back.filter(({ remove }) => remove.acked))),
    ...violation('a delete that somebody saw came back', view, names(back.filter(({ remove }) => remove.seen))),
    ...violation('text stands twice', view, twice),
    ...violation('text is torn or made up', view, strange),
    ...violation('updates are held back by a gap', view, view.hasGaps ? ['pending'] : []),
  ];
}

/** Whether the view has the token, deleted or not. */
export function isStored(view: View, { client, clock, name }: Token): boolean {
  return (view.ends.get(client) ?? 0) >= clock + name.length;
}

/** Whether all views are one document: text, state vector, delete set. */
export function areEqual(views: readonly View[]): Violation[] {
  const [first, ...others] = views;
  const different = others.filter(({ text, digest }) => text !== first!.text || digest !== first!.digest);
  return violation('replicas differ', first!, different.map(describeDifference(first!)));
}

/** Whether each row follows the one before, up to the head. Those before a checkpoint may be gone. */
export function isGapFree(where: string, seqs: readonly number[], head: number): Violation[] {
  const wrong = seqs.filter((seq, index) => index > 0 && seq !== seqs[index - 1]! + 1).map(String);
  const last = seqs.at(-1) ?? head;
  if (last !== head) wrong.push(`the last row is ${last}, the head ${head}`);
  return violation('seq has holes', { of: where }, wrong);
}

export function noComplaints({ complaints }: Ledger): Violation[] {
  return violation('a client was refused for good', { of: 'the writers' }, complaints);
}

export function cannotBeOpened(of: string): Violation[] {
  return violation('a document cannot be opened', { of }, ['no answer']);
}

function violation(rule: Violation['rule'], { of }: Pick<View, 'of'>, all: readonly string[]): Violation[] {
  return all.length === 0 ? [] : [{ rule, where: of, count: all.length, examples: all.slice(0, EXAMPLES) }];
}

function describeDifference(first: View) {
  return (other: View): string => {
    if (other.text === first.text) return `${other.of}: the same text, other structs or deletes`;
    const here = new Set(tokensIn(first.text));
    const there = new Set(tokensIn(other.text));
    const lacks = [...here].filter((name) => !there.has(name)).slice(0, EXAMPLES);
    const has = [...there].filter((name) => !here.has(name)).slice(0, EXAMPLES);
    return `${other.of}: lacks ${lacks.join(' ') || 'nothing'}, has besides ${has.join(' ') || 'nothing'}`;
  };
}
