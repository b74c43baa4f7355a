import { autocompletion, closeBrackets } from '@codemirror/autocomplete';
import { bracketMatching, foldGutter, indentOnInput, indentUnit } from '@codemirror/language';
import { highlightSelectionMatches, search } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  lineNumbers,
  rectangularSelection,
} from '@codemirror/view';
import type { IdeSettings } from '@tandem/protocol/http';
import { yCollab, ySyncAnnotation } from 'y-codemirror.next';
import type { Scope } from '../base/scope.js';
import { computed, type Readable } from '../base/signal.js';
import { darkTheme, ideSettings } from '../settings/settings.js';
import { tellError } from '../ui/toasts.js';
import { type Binding, binding } from './binding.js';
import { detectIndentation } from './indentation.js';
import { loadKeymap, ordinaryKeys } from './keymaps.js';
import type { Language } from './languages.js';
import { remoteCursors } from './remote-cursors.js';
import { editorTheme } from './theme.js';

interface EditorOptions {
  bound: Binding;
  path: string;
  language: Readable<Language>;
  readOnly: Readable<boolean>;
  /** What the page adds to the editor of this document; its keys come before every keymap. */
  tools: Extension;
  onUpdate: (view: EditorView) => void;
}

/** An editor on one shared text; follows the settings, the language of the path and the role until `scope` ends. */
export function createEditor(scope: Scope, options: EditorOptions): EditorView {
  const { bound, path, language, readOnly, tools, onUpdate } = options;
  const lines = new Compartment();
  const keys = new Compartment();
  const tongue = new Compartment();
  const rights = new Compartment();
  const text = bound.text.toString();
  const detected = detectIndentation(text.split('\n', 400));

  const view = new EditorView({
    state: EditorState.create({
      doc: text,
      extensions: [
        tools,
        keys.of([]),
        binding.of(bound),
        yCollab(bound.text, null, { undoManager: bound.undo }),
        remoteCursors,
        textAsStored,
        appearance,
        ordinaryKeys,
        editorTheme,
        lines.of(lineSettings(ideSettings.peek(), detected)),
        tongue.of([]),
        rights.of(rightsOf(readOnly.peek())),
        EditorView.contentAttributes.of({ 'aria-label': `Text of ${path}`, spellcheck: 'false' }),
        EditorView.updateListener.of((update) => onUpdate(update.view)),
      ],
    }),
  });
  scope.add(() => view.destroy());

  const put = (compartment: Compartment, extension: Extension) => {
    if (!scope.disposed) view.dispatch({ effects: compartment.reconfigure(extension) });
  };
  scope.watch(ideSettings, (settings) => put(lines, lineSettings(settings, detected)));
  scope.watch(darkTheme, () => put(lines, lineSettings(ideSettings.peek(), detected)));
  scope.watch(readOnly, (value) => put(rights, rightsOf(value)));
  scope.watch(
    computed(() => ideSettings.value.keymap),
    (name) => void loadKeymap(name).then((layer) => ideSettings.peek().keymap === name && put(keys, layer), tellError),
  );
  scope.watch(language, (wanted) => {
    if (!wanted.load) put(tongue, []);
    else void wanted.load().then((support) => language.peek() === wanted && put(tongue, support), tellError);
  });
  return view;
}

/**
 * Offsets must be the same here and in the shared text: lines end with \n only, so that a \r is an ordinary character
 * instead of being counted away. What is pasted or dropped gets \n.
 */
const textAsStored: Extension = [
  EditorState.lineSeparator.of('\n'),
  EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, '\n')),
];

const appearance: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightActiveLine(),
  highlightSpecialChars({
    render: (code, description) => {
      const mark = document.createElement('span');
      mark.className = code === 13 ? 'cm-specialChar return' : 'cm-specialChar';
      mark.title = description ?? `Control character ${code}`;
      mark.textContent = code === 13 ? '␍' : '•';
      return mark;
    },
  }),
  foldGutter({ openText: '⌄', closedText: '›' }),
  drawSelection(),
  dropCursor(),
  EditorState.allowMultipleSelections.of(true),
  rectangularSelection(),
  crosshairCursor(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion(),
  highlightSelectionMatches(),
  search({ top: true }),
];

function lineSettings(settings: IdeSettings, detected: ReturnType<typeof detectIndentation>): Extension {
  return [
    EditorState.tabSize.of(settings.tabSize),
    indentUnit.of(detected?.unit ?? ' '.repeat(settings.tabSize)),
    settings.lineWrapping ? EditorView.lineWrapping : [],
    EditorView.darkTheme.of(darkTheme.peek()),
  ];
}

/** Read-only still takes a cursor, a selection and the keyboard; only edits of one's own are dropped, from any source. */
const rightsOf = (readOnly: boolean): Extension =>
  readOnly
    ? [
        EditorState.readOnly.of(true),
        EditorState.changeFilter.of((transaction) => transaction.annotation(ySyncAnnotation) !== undefined),
      ]
    : [];
