import { type ChangeSet, type Extension, type Range, RangeSet, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  type PluginValue,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import type { Attribution } from '@tandem/protocol/http';
import { effect, type Readable } from '../base/signal.js';
import { boundTo } from '../editor/binding.js';
import { attributedRanges, hasUnknown } from './attributed-ranges.js';

const setMarks = StateEffect.define<DecorationSet>();

/** Between two readings of all structs the marks move with the edits; what somebody types into one is not part of it. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    for (const change of transaction.effects) if (change.is(setMarks)) return change.value;
    if (!transaction.docChanged || before.size === 0) return before;
    return withoutInserted(before.map(transaction.changes), transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function withoutInserted(set: DecorationSet, changes: ChangeSet): DecorationSet {
  let cut = set;
  changes.iterChanges((_fromA, _toA, from, to) => {
    if (from === to) return;
    const parts: Range<Decoration>[] = [];
    cut.between(from, to, (start, end, mark) => {
      if (start < from) parts.push(mark.range(start, from));
      if (end > to) parts.push(mark.range(to, end));
    });
    cut = cut.update({ filterFrom: from, filterTo: to, filter: () => false, add: parts, sort: true });
  });
  return cut;
}

function markOf(attribution: Attribution): Decoration {
  const { model, displayName, acceptedAt } = attribution;
  return Decoration.mark({
    class: 'ai-text',
    attributes: {
      'data-testid': 'ai-text',
      'data-name': displayName,
      title: `Suggested by ${model}, accepted by ${displayName} ${whenOf(new Date(acceptedAt))}`,
    },
  });
}

/** "at 12:03"; of another day with its date. */
function whenOf(time: Date): string {
  const clock = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday ? `at ${clock}` : `on ${time.toLocaleDateString()} at ${clock}`;
}

class Marker implements PluginValue {
  readonly #stop: () => void;
  #isWaiting = false;
  #isGone = false;

  constructor(
    private readonly view: EditorView,
    private readonly attributions: Readable<readonly Attribution[]>,
    private readonly shown: Readable<boolean>,
  ) {
    this.#stop = effect(() => {
      void [attributions.value, shown.value];
      this.#soon();
    });
  }

  update({ docChanged }: ViewUpdate): void {
    if (docChanged && this.#isWaiting) this.#soon();
  }

  destroy(): void {
    this.#isGone = true;
    this.#stop();
  }

  /** Never from within an update of the editor, which may not be changed then. */
  #soon(): void {
    queueMicrotask(() => {
      if (!this.#isGone) this.#read(this.shown.peek() ? this.attributions.peek() : []);
    });
  }

  #read(attributions: readonly Attribution[]): void {
    const { text } = boundTo(this.view.state);
    this.#isWaiting = hasUnknown(text, attributions);
    const ranges = attributedRanges(text, attributions).map(({ from, to, attribution }) =>
      markOf(attribution).range(from, to),
    );
    this.view.dispatch({ effects: setMarks.of(RangeSet.of(ranges, true)) });
  }
}

/** A dotted line under text that came from a suggestion; its tooltip says whose hand accepted it. */
export const attributionMarks = (
  attributions: Readable<readonly Attribution[]>,
  shown: Readable<boolean>,
): Extension => [marks, ViewPlugin.define((view) => new Marker(view, attributions, shown))];
