import { completionStatus } from '@codemirror/autocomplete';
import { type Extension, Facet, Prec } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { ghostAtCaret } from './ghosts.js';
import { isMac, type SuggestionKey } from './key-names.js';

/** Whether letters typed now are inserted: not so in Vim's normal mode, where keys are commands. */
export const takesText = Facet.define<(view: EditorView) => boolean, (view: EditorView) => boolean>({
  combine: (all) => (view) => all.every((each) => each(view)),
});

export interface SuggestionCommands {
  /** False when there was nothing to do, and the key means what it does elsewhere. */
  run(key: SuggestionKey, view: EditorView): boolean;
}

function keyOf(event: KeyboardEvent): SuggestionKey | undefined {
  const { key, code, ctrlKey, altKey, metaKey, shiftKey } = event;
  if (metaKey || shiftKey) return undefined;
  if (!ctrlKey && !altKey) return key === 'Tab' ? 'accept' : key === 'Escape' ? 'dismiss' : undefined;
  if (key === 'ArrowRight' && ctrlKey === !isMac && altKey === isMac) return 'word';
  if (ctrlKey) return undefined;
  // By place: what Alt makes of these keys is another sign on every system.
  return code === 'BracketRight'
    ? 'next'
    : code === 'BracketLeft'
      ? 'previous'
      : code === 'Backslash'
        ? 'ask'
        : undefined;
}

/**
 * Keys for one's own suggestion at the caret, before every keymap. Tab and Escape belong to the list of completions while
 * that is open, and to the editor while no suggestion is shown.
 */
export function suggestionKeys(commands: SuggestionCommands): Extension {
  return Prec.highest(
    EditorView.domEventHandlers({
      keydown(event, view) {
        const key = event.isComposing ? undefined : keyOf(event);
        if (!key || view.state.readOnly || !view.state.facet(takesText)(view)) return false;
        if (key !== 'ask' && !ghostAtCaret(view.state)) return false;
        if ((key === 'accept' || key === 'dismiss') && completionStatus(view.state) === 'active') return false;
        return commands.run(key, view);
      },
    }),
  );
}
