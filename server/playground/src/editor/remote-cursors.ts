import { EditorSelection, type Extension } from '@codemirror/state';
import { EditorView, type LayerMarker, layer, RectangleMarker, type ViewUpdate } from '@codemirror/view';
import { h } from '../base/dom.js';
import { inkOn } from '../ui/avatar.js';
import { cursorPositions, cursorsChanged, type RemoteCursor } from './cursor-positions.js';

/*
 * Other people's cursors and selections are drawn in layers above and below the text, not as widgets inside it:
 * the text keeps its own DOM (composition, line breaking and copying are untouched), and a caret can glide.
 */

/** A caret this close to the top of the text, in pixels, has its name below: above, it would be cut off. */
const TOP_ROOM = 16;

class CaretMarker implements LayerMarker {
  constructor(
    private readonly cursor: RemoteCursor,
    private readonly at: RectangleMarker,
    private readonly flipped: boolean,
  ) {}

  eq(other: CaretMarker): boolean {
    return (
      same(this.cursor, other.cursor) &&
      this.cursor.named === other.cursor.named &&
      this.at.eq(other.at) &&
      this.flipped === other.flipped
    );
  }

  draw(): HTMLElement {
    const { person, clientId } = this.cursor;
    const element = h(
      'div',
      {
        class: 'remote-caret',
        'data-testid': 'remote-cursor',
        'data-name': person.name,
        'data-client': clientId,
        style: { '--person': person.color, '--person-ink': inkOn(person.color) },
      },
      h('span', { class: 'remote-name' }, person.name),
    );
    this.#place(element);
    return element;
  }

  update(element: HTMLElement, before: CaretMarker): boolean {
    if (!same(this.cursor, before.cursor)) return false;
    this.#place(element);
    return true;
  }

  #place(element: HTMLElement): void {
    element.style.left = `${this.at.left}px`;
    element.style.top = `${this.at.top}px`;
    element.style.height = `${this.at.height}px`;
    element.classList.toggle('named', this.cursor.named);
    element.classList.toggle('below', this.at.top < TOP_ROOM);
    element.classList.toggle('flipped', this.flipped);
  }
}

const same = (a: RemoteCursor, b: RemoteCursor): boolean =>
  a.clientId === b.clientId && a.person.name === b.person.name && a.person.color === b.person.color;

class SelectionMarker implements LayerMarker {
  constructor(
    private readonly color: string,
    private readonly at: RectangleMarker,
  ) {}

  eq(other: SelectionMarker): boolean {
    return this.color === other.color && this.at.eq(other.at);
  }

  draw(): HTMLElement {
    const element = this.at.draw();
    element.style.backgroundColor = this.color;
    return element;
  }

  update(element: HTMLElement, before: SelectionMarker): boolean {
    element.style.backgroundColor = this.color;
    return this.at.update(element, before.at);
  }
}

const moved = (update: ViewUpdate): boolean =>
  update.docChanged ||
  update.viewportChanged ||
  update.geometryChanged ||
  update.transactions.some((transaction) => transaction.effects.some((effect) => effect.is(cursorsChanged)));

const cursorsOf = (view: EditorView): readonly RemoteCursor[] => view.plugin(cursorPositions)?.cursors ?? [];

const carets = layer({
  above: true,
  class: 'remote-carets',
  update: moved,
  markers: (view) =>
    cursorsOf(view).flatMap((cursor) => {
      const [at] = RectangleMarker.forRange(view, '', EditorSelection.cursor(cursor.head));
      if (!at) return [];
      const room = view.scrollDOM.clientWidth + view.scrollDOM.scrollLeft - at.left;
      return [new CaretMarker(cursor, at, room < cursor.person.name.length * 8 + 16)];
    }),
});

const selections = layer({
  above: false,
  class: 'remote-selections',
  update: moved,
  markers: (view) =>
    cursorsOf(view)
      .filter((cursor) => cursor.anchor !== cursor.head)
      .flatMap((cursor) => {
        const range = EditorSelection.range(cursor.anchor, cursor.head);
        const parts = RectangleMarker.forRange(view, 'remote-selection', range);
        return parts.map((part) => new SelectionMarker(cursor.person.color, part));
      }),
});

/** A mouse this near to a caret, in pixels, shows its name. */
const NEAR = 8;

const hover = EditorView.domEventObservers({
  mousemove(event, view) {
    const near = cursorsOf(view).find(({ head }) => {
      const at = view.coordsAtPos(head);
      return at && Math.abs(event.clientX - at.left) <= NEAR && event.clientY >= at.top && event.clientY <= at.bottom;
    });
    view.plugin(cursorPositions)?.hover(near?.clientId);
  },
  mouseleave: (_event, view) => view.plugin(cursorPositions)?.hover(undefined),
});

export const remoteCursors: Extension = [cursorPositions, carets, selections, hover];
