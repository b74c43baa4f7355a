import { StateEffect } from '@codemirror/state';
import { type EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { type Person, personOf } from '../presence/person.js';
import { type Binding, boundTo } from './binding.js';

/** Where somebody else's cursor is in this text. */
export interface RemoteCursor {
  readonly clientId: number;
  readonly person: Person;
  readonly anchor: number;
  readonly head: number;
  /** Its name is shown: it moved a moment ago, or the mouse is near. */
  readonly named: boolean;
}

/** How long a name stays after the cursor moved. */
const NAMED_MS = 2_500;
/** Awareness of many people comes in bursts; the view follows at this pace. */
const PACE_MS = 30;

export const cursorsChanged = StateEffect.define<null>();

/** The other people's cursors of an awareness, as offsets of the text now; and one's own, told to them. */
class CursorPositions implements PluginValue {
  cursors: readonly RemoteCursor[] = [];
  readonly #awareness: Awareness;
  readonly #text: Y.Text;
  readonly #moved = new Map<number, { where: string; at: number }>();
  #hovered: number | undefined;
  #refresh: ReturnType<typeof setTimeout> | undefined;
  #fade: ReturnType<typeof setTimeout> | undefined;
  #published = '';

  constructor(private readonly view: EditorView) {
    ({ awareness: this.#awareness, text: this.#text } = boundTo(view.state));
    this.#awareness.on('change', this.#onAwareness);
    this.#read();
  }

  update(update: ViewUpdate): void {
    const told = update.transactions.some((transaction) =>
      transaction.effects.some((effect) => effect.is(cursorsChanged)),
    );
    if (told || update.docChanged) this.#read();
    if (update.selectionSet || update.docChanged || update.focusChanged) this.#publish();
  }

  destroy(): void {
    clearTimeout(this.#refresh);
    clearTimeout(this.#fade);
    this.#awareness.off('change', this.#onAwareness);
  }

  /** Which cursor the mouse is near, if any. */
  hover(clientId: number | undefined): void {
    if (clientId === this.#hovered) return;
    this.#hovered = clientId;
    this.#soon();
  }

  #onAwareness = (change: { added: number[]; updated: number[]; removed: number[] }): void => {
    const own = this.#awareness.clientID;
    if ([...change.added, ...change.updated, ...change.removed].some((id) => id !== own)) this.#soon();
  };

  #soon(): void {
    this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined;
      this.view.dispatch({ effects: cursorsChanged.of(null) });
    }, PACE_MS);
  }

  #read(): void {
    const now = Date.now();
    const cursors: RemoteCursor[] = [];
    for (const [clientId, state] of this.#awareness.getStates()) {
      if (clientId === this.#awareness.clientID) continue;
      const person = personOf(state);
      const range = person && this.#offsets(state.cursor);
      if (!range) continue;
      const where = JSON.stringify(state.cursor);
      const before = this.#moved.get(clientId);
      if (before?.where !== where) this.#moved.set(clientId, { where, at: now });
      const movedAt = this.#moved.get(clientId)?.at ?? now;
      cursors.push({ clientId, person, ...range, named: now - movedAt < NAMED_MS || clientId === this.#hovered });
    }
    this.cursors = cursors;
    clearTimeout(this.#fade);
    if (cursors.some((cursor) => cursor.named)) this.#fade = setTimeout(() => this.#soon(), NAMED_MS / 5);
  }

  #offsets(cursor: unknown): { anchor: number; head: number } | undefined {
    const anchor = offsetOf((cursor as { anchor?: unknown } | null)?.anchor, this.#text);
    const head = offsetOf((cursor as { head?: unknown } | null)?.head, this.#text);
    if (anchor === undefined || head === undefined) return undefined;
    // In the middle of a transaction the text may be ahead of the view by an edit.
    const end = this.view.state.doc.length;
    return { anchor: Math.min(anchor, end), head: Math.min(head, end) };
  }

  #publish(): void {
    if (!this.view.hasFocus || !this.#awareness.getLocalState()) return;
    const { anchor, head } = this.view.state.selection.main;
    const cursor = {
      anchor: Y.createRelativePositionFromTypeIndex(this.#text, anchor),
      head: Y.createRelativePositionFromTypeIndex(this.#text, head),
    };
    const encoded = JSON.stringify(cursor);
    if (encoded === this.#published && this.#awareness.getLocalState()?.cursor) return;
    this.#published = encoded;
    this.#awareness.setLocalStateField('cursor', cursor);
  }
}

/** An offset of `text`, or undefined when the position is malformed, of another type or not known here yet. */
function offsetOf(position: unknown, text: Y.Text): number | undefined {
  if (typeof position !== 'object' || position === null || !text.doc) return undefined;
  try {
    const relative = Y.createRelativePositionFromJSON(position);
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, text.doc);
    return absolute?.type === text ? absolute.index : undefined;
  } catch {
    return undefined;
  }
}

/** Where the cursor of a person is in a text; undefined while that is not known. */
export function cursorOf({ awareness, text }: Binding, personId: string): number | undefined {
  for (const [clientId, state] of awareness.getStates()) {
    if (clientId === awareness.clientID || personOf(state)?.id !== personId) continue;
    const head = offsetOf(state.cursor?.head, text);
    if (head !== undefined) return head;
  }
  return undefined;
}

export const cursorPositions = ViewPlugin.fromClass(CursorPositions);
