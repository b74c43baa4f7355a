import { closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { foldKeymap } from '@codemirror/language';
import { searchKeymap } from '@codemirror/search';
import { type Extension, Prec } from '@codemirror/state';
import { keymap, type PluginValue, ViewPlugin } from '@codemirror/view';
import type { IdeSettings } from '@tandem/protocol/http';
import type { UndoManager } from 'yjs';
import { takesText } from '../ai/suggestion-keys.js';
import { boundTo } from './binding.js';
import { redo, undo, undoKeys } from './undo.js';

/** Tab indents; Escape and then Tab, or Ctrl-M, leaves the editor by keyboard. */
export const ordinaryKeys: Extension = [
  undoKeys,
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...foldKeymap, indentWithTab]),
];

/** The extra layer for a keymap; fetched when somebody uses it. Comes before everything else. */
export async function loadKeymap(name: IdeSettings['keymap']): Promise<Extension> {
  if (name === 'vim') return Prec.highest(await loadVim());
  if (name === 'emacs') return Prec.highest(await loadEmacs());
  return [];
}

async function loadVim(): Promise<Extension> {
  const { CodeMirror, Vim, getCM, vim } = await import('@replit/codemirror-vim');
  // Its own undo asks CodeMirror's history, which is not there, and would do nothing.
  CodeMirror.commands.undo = ({ cm6 }) => void undo(cm6);
  CodeMirror.commands.redo = ({ cm6 }) => void redo(cm6);
  // Everything is saved as it is typed; fingers that type :w are not told off for it.
  Vim.defineEx('write', 'w', () => {});
  const steps = ViewPlugin.define((view) => vimSteps(boundTo(view.state).undo, getCM(view)));
  const inserting = takesText.of((view) => getCM(view)?.state.vim?.insertMode === true);
  return [vim({ status: true }), steps, inserting];
}

interface VimModes {
  on(event: string, listener: (change: { mode: string }) => void): void;
}

/** A command that opens an insertion (`o`, `cw`) belongs to its step; this many milliseconds lie between at most. */
const SAME_COMMAND_MS = 50;

/** Steps of undo as in Vim: one for each command, one for an insertion however long it took. */
function vimSteps(undo: UndoManager, modes: VimModes | null): PluginValue {
  const usual = undo.captureTimeout;
  undo.captureTimeout = 0;
  modes?.on('vim-mode-change', ({ mode }) => {
    const inserting = mode === 'insert' || mode === 'replace';
    if (!inserting || Date.now() - undo.lastChange > SAME_COMMAND_MS) undo.stopCapturing();
    undo.captureTimeout = inserting ? Number.POSITIVE_INFINITY : 0;
  });
  return {
    destroy() {
      undo.captureTimeout = usual;
    },
  };
}

async function loadEmacs(): Promise<Extension> {
  const { EmacsHandler, emacs } = await import('@replit/codemirror-emacs');
  EmacsHandler.bindKey('C-/|C-x u|S-C--|C-z', undo);
  EmacsHandler.bindKey('S-C-/|S-C-x u|C--|S-C-z', redo);
  return emacs();
}
