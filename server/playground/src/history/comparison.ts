import { defaultKeymap } from '@codemirror/commands';
import {
  getChunks,
  getOriginalDoc,
  goToNextChunk,
  goToPreviousChunk,
  originalDocChangeEffect,
  unifiedMergeView,
} from '@codemirror/merge';
import { search, searchKeymap } from '@codemirror/search';
import { ChangeSet, Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import type { Scope } from '../base/scope.js';
import { type Readable, signal } from '../base/signal.js';
import { languageOf } from '../editor/languages.js';
import { editorTheme } from '../editor/theme.js';
import { darkTheme, ideSettings } from '../settings/settings.js';
import { tellError } from '../ui/toasts.js';

/** After that, differences within lines are found less exactly: two texts that share nothing must not hold up the page. */
const DIFF_TIMEOUT_MS = 200;

/** A text of before that cannot be edited, marked where that of now differs. */
export class Comparison {
  readonly view: EditorView;
  readonly #differences = signal<number | undefined>(undefined);
  /** How many places differ; undefined before the first text. */
  readonly differences: Readable<number | undefined> = this.#differences;
  readonly #theme = new Compartment();
  readonly #tongue = new Compartment();
  #language: Extension = [];

  constructor(
    scope: Scope,
    private readonly path: string,
  ) {
    this.view = new EditorView();
    scope.add(() => this.view.destroy());
    scope.watch(darkTheme, () => this.view.dispatch({ effects: this.#theme.reconfigure(darkness()) }));
    languageOf(path)
      .load?.()
      .then((language) => {
        if (scope.disposed) return;
        this.#language = language;
        this.view.dispatch({ effects: this.#tongue.reconfigure(language) });
      }, tellError);
  }

  show(then: string, now: string): void {
    this.view.setState(
      EditorState.create({
        doc: textOf(then),
        extensions: [
          EditorState.lineSeparator.of('\n'),
          EditorState.readOnly.of(true),
          EditorState.tabSize.of(ideSettings.peek().tabSize),
          EditorView.contentAttributes.of({ 'aria-label': `Earlier text of ${this.path}`, 'aria-readonly': 'true' }),
          EditorView.lineWrapping,
          lineNumbers(),
          highlightSpecialChars(),
          drawSelection(),
          search({ top: true }),
          keymap.of([...searchKeymap, ...defaultKeymap]),
          this.#theme.of(darkness()),
          this.#tongue.of(this.#language),
          editorTheme,
          differenceTheme,
          unifiedMergeView({
            original: textOf(now),
            mergeControls: false,
            allowInlineDiffs: true,
            diffConfig: { scanLimit: 500, timeout: DIFF_TIMEOUT_MS },
          }),
        ],
      }),
    );
    this.#count();
    const first = getChunks(this.view.state)?.chunks[0];
    if (first) {
      const at = Math.min(first.fromB, this.view.state.doc.length);
      this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
    }
  }

  /** The text of now has changed: scroll position and selection stay. */
  follow(now: string): void {
    const { state } = this.view;
    if (this.#differences.peek() === undefined) return;
    const before = getOriginalDoc(state).toString();
    if (before === now) return;
    this.view.dispatch({ effects: originalDocChangeEffect(state, changeBetween(before, now)) });
    this.#count();
  }

  step(direction: 'next' | 'previous'): void {
    (direction === 'next' ? goToNextChunk : goToPreviousChunk)(this.view);
    this.view.focus();
  }

  #count(): void {
    this.#differences.value = getChunks(this.view.state)?.chunks.length ?? 0;
  }
}

/** Lines end with \n only, as in the editor: a \r is a character. */
const textOf = (text: string) => EditorState.create({ doc: text, extensions: EditorState.lineSeparator.of('\n') }).doc;

const darkness = (): Extension => EditorView.darkTheme.of(darkTheme.peek());

/** One replacement in the middle. */
function changeBetween(before: string, after: string): ChangeSet {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && before[from] === after[from]) from += 1;
  let tail = 0;
  while (tail < shorter - from && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const to = before.length - tail;
  return ChangeSet.of({ from, to, insert: after.slice(from, after.length - tail) }, before.length, '\n');
}

/** What a restore would bring back, and what it would take away. */
const differenceTheme = EditorView.theme({
  '.cm-content': { paddingBottom: '24px' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--diff-then)' },
  '&.cm-merge-b .cm-changedText': { background: 'var(--diff-then-text)', borderRadius: '2px' },
  '.cm-insertedLine': { textDecoration: 'none' },
  '.cm-deletedChunk': { backgroundColor: 'var(--diff-now)', padding: '0 12px 0 6px' },
  '.cm-deletedChunk .cm-deletedText, &.cm-merge-b .cm-deletedText': {
    background: 'var(--diff-now-text)',
    borderRadius: '2px',
    textDecoration: 'line-through',
  },
  '&.cm-merge-b .cm-changedLineGutter, .cm-inlineChangedLineGutter': { background: 'var(--accent)' },
  '.cm-deletedLineGutter': { background: 'var(--danger)' },
});
