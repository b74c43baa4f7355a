import { getIndentUnit, indentUnit } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';

/** What the status line says about the editor in front; lines and columns count from 1. */
export interface EditorFacts {
  readonly line: number;
  readonly column: number;
  /** Characters in all selections. */
  readonly selected: number;
  /** Columns of one step of indentation. */
  readonly indent: number;
  /** Whether that step is a tab. */
  readonly tabs: boolean;
}

export function factsOf(state: EditorState): EditorFacts {
  const { main, ranges } = state.selection;
  const line = state.doc.lineAt(main.head);
  return {
    line: line.number,
    column: main.head - line.from + 1,
    selected: ranges.reduce((sum, range) => sum + range.to - range.from, 0),
    indent: getIndentUnit(state),
    tabs: state.facet(indentUnit).startsWith('\t'),
  };
}
