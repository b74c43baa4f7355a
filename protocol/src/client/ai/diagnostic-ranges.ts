import { fromBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import type { Diagnostic } from '../../wire/analysis.js';
import type { CharacterAt, StateVector, TextView } from './text-view.js';

/** Where a diagnostic was anchored: to the first and the last character of its text, or to the two around its place. */
export interface DiagnosticAnchor {
  readonly start: Y.RelativePosition;
  readonly end: Y.RelativePosition;
  readonly isEmpty: boolean;
}

export interface TextRange {
  readonly from: number;
  readonly to: number;
}

type Edge = 'start' | 'end' | { readonly at: CharacterAt; readonly isAfter: boolean };
type Edges = readonly [Edge, Edge];

/** Throws for bytes that are no relative positions. */
export const anchorOf = ({ anchor, range: { start, end } }: Diagnostic): DiagnosticAnchor => ({
  start: Y.decodeRelativePosition(fromBase64(anchor.start)),
  end: Y.decodeRelativePosition(fromBase64(anchor.end)),
  isEmpty: start.line === end.line && start.character === end.character,
});

/**
 * Where the text of each is now, in one walk over the text for all of them; undefined where all of it is deleted
 * (ANA-11). `state` is the one that they were made on: what was written into a range since is not its text.
 */
export const resolveRanges = (
  view: TextView,
  anchors: readonly DiagnosticAnchor[],
  state: StateVector,
): (TextRange | undefined)[] => {
  const edges = anchors.map((anchor) => (anchor.isEmpty ? placeOf(view, anchor) : textOf(view, anchor, state)));
  const items = edges.flatMap((pair) => pair ?? []).flatMap((edge) => (typeof edge === 'object' ? [edge.at.item] : []));
  const starts = view.starts(items);
  const index = (edge: Edge) => {
    if (typeof edge === 'string') return edge === 'start' ? 0 : view.length;
    return starts.get(edge.at.item)! + edge.at.offset + (edge.isAfter ? 1 : 0);
  };
  return edges.map((pair) => {
    if (!pair) return undefined;
    const [from, to] = [index(pair[0]), index(pair[1])];
    return from <= to ? { from, to } : undefined;
  });
};

/** A place stands while the characters around it do; what is written there goes behind it. */
const placeOf = (view: TextView, { start, end }: DiagnosticAnchor): Edges | undefined => {
  const stands = ({ item }: Y.RelativePosition) => item === null || view.character(item)?.item.deleted === false;
  if (!stands(start) || !stands(end)) return undefined;
  const at = end.item && view.character(end.item);
  if (at) return twice({ at, isAfter: end.assoc < 0 });
  return twice(end.assoc < 0 ? 'start' : 'end');
};

const twice = (edge: Edge): Edges => [edge, edge];

/** From the first to the last character of the range that stands. */
const textOf = (view: TextView, { start, end }: DiagnosticAnchor, state: StateVector): Edges | undefined => {
  const first = start.item && view.character(start.item);
  const last = end.item && view.character(end.item);
  if (!first || !last) return undefined;
  const from = firstStanding(first, last, state);
  const to = from && lastStanding(first, last, state);
  return from && to
    ? [
        { at: from, isAfter: false },
        { at: to, isAfter: true },
      ]
    : undefined;
};

/** Units of a struct that a state holds: none of one that was written since. */
const heldBy = (state: StateVector, { id, length }: Y.Item) =>
  Math.max(0, Math.min(length, (state.get(id.client) ?? 0) - id.clock));

const isText = (item: Y.Item) => !item.deleted && item.countable;

const firstStanding = (first: CharacterAt, last: CharacterAt, state: StateVector): CharacterAt | undefined => {
  for (let item: Y.Item | null = first.item; item; item = item.right) {
    const offset = item === first.item ? first.offset : 0;
    const end = Math.min(heldBy(state, item), item === last.item ? last.offset + 1 : item.length);
    if (isText(item) && offset < end) return { item, offset };
    if (item === last.item) return undefined;
  }
  return undefined;
};

const lastStanding = (first: CharacterAt, last: CharacterAt, state: StateVector): CharacterAt | undefined => {
  for (let item: Y.Item | null = last.item; item; item = item.left) {
    const begin = item === first.item ? first.offset : 0;
    const end = Math.min(heldBy(state, item), item === last.item ? last.offset + 1 : item.length);
    if (isText(item) && begin < end) return { item, offset: end - 1 };
    if (item === first.item) return undefined;
  }
  return undefined;
};
