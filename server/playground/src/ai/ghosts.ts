import { type EditorState, type Range, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { Ghost } from './ghost.js';
import { GhostBlock, GhostLine } from './ghost-widgets.js';

export const setGhosts = StateEffect.define<readonly Ghost[]>();

const field = StateField.define<readonly Ghost[]>({
  create: () => [],
  update(ghosts, transaction) {
    for (const effect of transaction.effects) if (effect.is(setGhosts)) return effect.value;
    if (!transaction.docChanged || ghosts.length === 0) return ghosts;
    // Only until the suggestions are read anew, before anything is painted.
    return ghosts.map((ghost) => ({ ...ghost, offset: transaction.changes.mapPos(ghost.offset, 1) }));
  },
});

/** Read-only: all that the editor was told to draw. */
export const ghostsOf = (state: EditorState): readonly Ghost[] => state.field(field, false) ?? [];

/** One's own suggestion, where the caret stands: the one that keys are for. */
export function ghostAtCaret(state: EditorState): Ghost | undefined {
  const { main, ranges } = state.selection;
  if (!main.empty || ranges.length > 1) return undefined;
  return ghostsOf(state).find(({ owner, offset }) => !owner && offset === main.head);
}

function draw(state: EditorState): DecorationSet {
  const drawn: Range<Decoration>[] = [];
  for (const ghost of ghostsOf(state)) {
    if (ghost.offset > state.doc.length || (!ghost.owner && ghost !== ghostAtCaret(state))) continue;
    // Several at one place: one's own is next to the caret.
    const side = ghost.owner ? 2 : 1;
    const hasMore = ghost.text.includes('\n');
    drawn.push(Decoration.widget({ widget: new GhostLine(ghost), side }).range(ghost.offset));
    if (!hasMore) continue;
    const { to } = state.doc.lineAt(ghost.offset);
    drawn.push(Decoration.widget({ widget: new GhostBlock(ghost), side, block: true }).range(to));
  }
  return Decoration.set(drawn, true);
}

export const ghosts = [field, EditorView.decorations.compute([field, 'selection'], draw)];
