import * as Y from 'yjs';

/** One character of the text: a struct, and which of its units. */
export interface CharacterAt {
  readonly item: Y.Item;
  readonly offset: number;
}

/** Which structs a state holds: for each client id, how many. */
export type StateVector = ReadonlyMap<number, number>;

const textOf = ({ deleted, content }: Y.Item): string =>
  !deleted && content instanceof Y.ContentString ? content.str : '';

/**
 * The root text of a `Y.Doc` as positions see it. What Yjs itself resolves, it resolves to a neighbour where the
 * character is deleted, and over an undo for one client only; here a character that is deleted is gone for everybody.
 * Reads around places instead of the whole text, which takes milliseconds where many have edited.
 */
export class TextView {
  constructor(private readonly doc: () => Y.Doc) {}

  get length(): number {
    return this.content.length;
  }

  /** Whether everything of that state is here. */
  covers(state: StateVector): boolean {
    const { store } = this.doc();
    for (const [client, clock] of state) if (Y.getState(store, client) < clock) return false;
    return true;
  }

  /** Deleted or not; undefined for one that never was in this text, as far as is known here. */
  character({ client, clock }: Y.ID): CharacterAt | undefined {
    const { store } = this.doc();
    // Before its structs are looked at: the first access makes the root a text, and their parent.
    const { content } = this;
    if (Y.getState(store, client) <= clock) return undefined;
    // The type says Item; a struct whose parent was collected is a GC.
    const item: Y.AbstractStruct = Y.getItem(store, Y.createID(client, clock));
    if (!(item instanceof Y.Item) || item.parent !== content) return undefined;
    return { item, offset: clock - item.id.clock };
  }

  /** Where these structs begin, in UTF-16 units; one walk over the text up to the last of them. */
  starts(items: Iterable<Y.Item>): ReadonlyMap<Y.Item, number> {
    const wanted = new Set(items);
    const found = new Map<Y.Item, number>();
    let at = 0;
    for (let item = this.content._start; item && found.size < wanted.size; item = item.right) {
      if (wanted.has(item)) found.set(item, at);
      if (!item.deleted && item.countable) at += item.length;
    }
    return found;
  }

  /** Where a character that stands is, in UTF-16 units. */
  indexOf({ item, offset }: CharacterAt): number {
    let index = offset;
    for (let { left } = item; left; { left } = left) if (!left.deleted && left.countable) index += left.length;
    return index;
  }

  /** The text behind `left` and before `right`; null for the edges of the text. Undefined when they stand the other way. */
  between(left: CharacterAt | null, right: CharacterAt | null): string | undefined {
    if (left && right && left.item === right.item && right.offset <= left.offset) return undefined;
    let text = '';
    let from = left ? left.offset + 1 : 0;
    for (let item = left ? left.item : this.content._start; item; item = item.right) {
      const isLast = item === right?.item;
      text += textOf(item).slice(from, isLast ? right?.offset : undefined);
      if (isLast) return text;
      from = 0;
    }
    return right ? undefined : text;
  }

  /** The line's text up to this character and with it, its last `max` units at most. */
  lineBefore({ item: last, offset }: CharacterAt, max: number): string {
    let text = '';
    for (let item: Y.Item | null = last; item && text.length < max; item = item.left) {
      const piece = textOf(item).slice(0, item === last ? offset + 1 : undefined);
      text = piece.slice(-max) + text;
      const newline = text.lastIndexOf('\n');
      if (newline >= 0) return text.slice(newline + 1).slice(-max);
    }
    return text.slice(-max);
  }

  /** The line's text from this character on, its first `max` units at most. */
  lineAfter({ item: first, offset }: CharacterAt, max: number): string {
    let text = '';
    for (let item: Y.Item | null = first; item && text.length < max; item = item.right) {
      text += textOf(item)
        .slice(item === first ? offset : 0)
        .slice(0, max);
      const newline = text.indexOf('\n');
      if (newline >= 0) return text.slice(0, Math.min(newline, max));
    }
    return text.slice(0, max);
  }

  private get content(): Y.Text {
    return this.doc().getText('content');
  }
}
