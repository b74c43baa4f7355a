import { fromBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import type { CompletionStartedEvent, OpenCompletion } from '../../wire/completion.js';
import type { StateVector, TextView } from './text-view.js';

/** The server cuts `before` and `after` here; a shorter one is the whole part of the line. */
export const MAX_CONTEXT = 128;

/** Where a suggestion belongs. A neighbour is null at the start or the end of the text. */
export interface SuggestionPlace {
  readonly left: Y.ID | null;
  readonly right: Y.ID | null;
  readonly stateVector: StateVector;
  readonly before: string;
  readonly after: string;
}

/**
 * `waiting`: its state is not here yet. `gone`: its neighbours or its line are not what they were. `typed`: what stands
 * between the neighbours now; the rest belongs at `offset`.
 */
export type Standing =
  | { readonly state: 'waiting' }
  | { readonly state: 'gone' }
  | { readonly state: 'here'; readonly typed: string; readonly offset: number };

const WAITING = { state: 'waiting' } as const;
const GONE = { state: 'gone' } as const;

/** Throws for bytes that are no relative positions. */
export const placeOf = (told: CompletionStartedEvent | OpenCompletion): SuggestionPlace => ({
  left: Y.decodeRelativePosition(asBytes(told.anchor)).item,
  right: Y.decodeRelativePosition(asBytes(told.end)).item,
  stateVector: Y.decodeStateVector(asBytes(told.stateVector)),
  before: told.before,
  after: told.after,
});

/** CMP-20, but for what the suggestion says. */
export const standingOf = (view: TextView, place: SuggestionPlace): Standing => {
  if (!view.covers(place.stateVector)) return WAITING;
  const left = place.left && view.character(place.left);
  const right = place.right && view.character(place.right);
  if (left === undefined || left?.item.deleted || right === undefined || right?.item.deleted) return GONE;
  const isLine =
    (left ? view.lineBefore(left, MAX_CONTEXT) : '') === place.before &&
    (right ? view.lineAfter(right, MAX_CONTEXT) : '') === place.after;
  const typed = isLine ? view.between(left, right) : undefined;
  if (typed === undefined) return GONE;
  return { state: 'here', typed, offset: right ? view.indexOf(right) : view.length };
};

const asBytes = (value: Uint8Array | ArrayBuffer | string): Uint8Array => {
  if (typeof value === 'string') return fromBase64(value);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
};
