import { type Extension, Prec } from '@codemirror/state';
import { type Command, EditorView, keymap } from '@codemirror/view';
import { boundTo } from './binding.js';

/** The Yjs undo manager stands in for CodeMirror's history: it knows one's own edits and takes back only those. */
const take =
  (direction: 'undo' | 'redo'): Command =>
  (view) => {
    // The manager writes to the document itself, past the editor's own refusal to change what is read-only.
    if (!view.state.readOnly) boundTo(view.state).undo[direction]();
    return true;
  };

export const undo = take('undo');
export const redo = take('redo');

/** The keys of undo and redo, and the commands of the browser's own Edit menu. */
export const undoKeys: Extension = [
  keymap.of([
    { key: 'Mod-z', run: undo, preventDefault: true },
    { key: 'Mod-y', mac: 'Mod-Shift-z', run: redo, preventDefault: true },
    { key: 'Mod-Shift-z', run: redo, preventDefault: true },
  ]),
  Prec.highest(
    EditorView.domEventHandlers({
      beforeinput(event, view) {
        if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return false;
        event.preventDefault();
        return event.inputType === 'historyUndo' ? undo(view) : redo(view);
      },
    }),
  ),
];
