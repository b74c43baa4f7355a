import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags as t } from '@lezer/highlight';

/** All colours are custom properties (styles/tokens.css), so that a change of theme touches no editor. */
const highlight = HighlightStyle.define([
  { tag: [t.comment, t.meta], color: 'var(--syn-comment)', fontStyle: 'italic' },
  { tag: [t.keyword, t.modifier, t.self, t.atom, t.bool, t.null], color: 'var(--syn-keyword)' },
  { tag: [t.string, t.special(t.string), t.attributeValue], color: 'var(--syn-string)' },
  { tag: [t.regexp, t.escape], color: 'var(--syn-regexp)' },
  { tag: [t.number, t.unit, t.color], color: 'var(--syn-number)' },
  {
    tag: [t.function(t.variableName), t.function(t.propertyName), t.definition(t.function(t.variableName))],
    color: 'var(--syn-function)',
  },
  { tag: [t.typeName, t.className, t.namespace, t.standard(t.variableName)], color: 'var(--syn-type)' },
  { tag: [t.propertyName, t.labelName], color: 'var(--syn-property)' },
  { tag: [t.operator, t.punctuation, t.bracket, t.separator], color: 'var(--syn-operator)' },
  { tag: [t.tagName, t.angleBracket], color: 'var(--syn-tag)' },
  { tag: [t.attributeName], color: 'var(--syn-attribute)' },
  { tag: [t.heading], color: 'var(--syn-function)', fontWeight: '650' },
  { tag: [t.link, t.url], color: 'var(--syn-type)', textDecoration: 'underline' },
  { tag: [t.monospace], color: 'var(--syn-string)' },
  { tag: [t.processingInstruction, t.contentSeparator], color: 'var(--syn-comment)' },
  { tag: t.quote, color: 'var(--text-dim)', fontStyle: 'italic' },
  { tag: t.strong, fontWeight: '700' },
  { tag: t.emphasis, fontStyle: 'italic' },
  { tag: t.strikethrough, textDecoration: 'line-through' },
  { tag: t.invalid, color: 'var(--danger)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--bg)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--editor-font)', fontSize: 'var(--editor-size)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0 40vh' },
  '.cm-line': { padding: '0 12px 0 6px' },
  '.cm-cursor, .cm-dropCursor': { borderLeft: '2px solid var(--accent)', marginLeft: '-1px' },
  '.cm-selectionBackground': { backgroundColor: 'var(--selection-idle)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--text-faint)', border: 'none', paddingLeft: '8px' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '3ch', padding: '0 4px 0 0' },
  '.cm-foldGutter .cm-gutterElement': { width: '14px', textAlign: 'center', cursor: 'pointer' },
  '.cm-foldGutter span': { opacity: '0', transition: 'opacity 120ms' },
  '.cm-gutters:hover .cm-foldGutter span': { opacity: '1' },
  '.cm-activeLine': { backgroundColor: 'var(--line-active)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--bracket)',
    outline: '1px solid var(--bracket-line)',
  },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': {
    color: 'var(--danger)',
    backgroundColor: 'transparent',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--bracket)' },
  '.cm-searchMatch': { backgroundColor: 'var(--found)', borderRadius: '2px' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'var(--found-selected)' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--active)',
    border: 'none',
    color: 'var(--text-dim)',
    padding: '0 6px',
    borderRadius: '3px',
  },
  '.cm-specialChar': { color: 'var(--danger)' },
  '.cm-specialChar.return': { color: 'var(--text-faint)', userSelect: 'none' },
});

export const editorTheme: Extension = [look, syntaxHighlighting(highlight)];
