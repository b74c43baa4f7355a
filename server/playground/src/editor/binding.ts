import { type EditorState, Facet } from '@codemirror/state';
import type { Awareness } from 'y-protocols/awareness';
import type { Text, UndoManager } from 'yjs';

/** What a view is bound to: one Yjs text with its awareness. A document that is replaced gets a new view. */
export interface Binding {
  readonly text: Text;
  readonly awareness: Awareness;
  readonly undo: UndoManager;
}

export const binding = Facet.define<Binding, Binding | undefined>({ combine: ([first]) => first });

export function boundTo(state: EditorState): Binding {
  const bound = state.facet(binding);
  if (!bound) throw new Error('The view is bound to no document');
  return bound;
}
