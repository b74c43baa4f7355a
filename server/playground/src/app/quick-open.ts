import type { DocumentEntry } from '@tandem/protocol';
import { h } from '../base/dom.js';
import { nameOf, parentOf } from '../tree/tree-model.js';
import { fileIcon } from '../tree/tree-row.js';
import type { Workplace } from '../workspace/workplace.js';

const SHOWN = 50;

/** Goes to a file by a few letters of its path (a combobox with a list, WAI-ARIA). */
export function openQuickOpen({ project, tabs }: Workplace): void {
  let found: DocumentEntry[] = [];
  let at = 0;
  const list = h('div', { class: 'quick-list', role: 'listbox', id: 'quick-list', 'aria-label': 'Files' });
  const input = h('input', {
    type: 'text',
    class: 'quick-input',
    role: 'combobox',
    placeholder: 'Go to file',
    'aria-label': 'Go to file',
    'aria-controls': 'quick-list',
    'aria-expanded': true,
    spellcheck: 'false',
    autocomplete: 'off',
    'data-testid': 'quick-open',
  });
  const dialog = h('dialog', { class: 'quick', 'aria-label': 'Go to file' }, input, list);
  const choose = (entry: DocumentEntry | undefined) => {
    if (!entry) return;
    dialog.close();
    tabs.open(entry.id);
  };
  const mark = (next: number) => {
    at = Math.max(0, Math.min(next, list.children.length - 1));
    [...list.children].forEach((option, index) => {
      option.setAttribute('aria-selected', String(index === at));
    });
    list.children[at]?.scrollIntoView({ block: 'nearest' });
    if (list.children[at]) input.setAttribute('aria-activedescendant', `quick-${at}`);
  };
  const search = () => {
    found = rank(input.value, [...project.documents.peek().values()]).slice(0, SHOWN);
    list.replaceChildren(
      ...found.map((entry, index) =>
        h(
          'div',
          { class: 'quick-item', role: 'option', id: `quick-${index}`, on: { click: () => choose(entry) } },
          fileIcon(entry.path),
          h('span', {}, nameOf(entry.path)),
          h('span', { class: 'quick-folder' }, parentOf(entry.path)),
        ),
      ),
      ...(found.length === 0 ? [h('p', { class: 'quick-none' }, 'No file has these letters.')] : []),
    );
    mark(0);
  };
  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') mark(at + 1);
    else if (event.key === 'ArrowUp') mark(at - 1);
    else if (event.key === 'Enter') choose(found[at]);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  search();
  dialog.showModal();
}

/** Paths that hold the letters in their order; a name that holds them together comes first. */
function rank(typed: string, entries: DocumentEntry[]): DocumentEntry[] {
  const wanted = typed.toLowerCase().replace(/\s+/g, '');
  const score = (path: string): number => {
    const lower = path.toLowerCase();
    if (nameOf(lower).startsWith(wanted)) return 0;
    if (nameOf(lower).includes(wanted)) return 1;
    if (lower.includes(wanted)) return 2;
    let from = 0;
    for (const letter of wanted) {
      from = lower.indexOf(letter, from) + 1;
      if (from === 0) return Number.POSITIVE_INFINITY;
    }
    return 3;
  };
  return entries
    .map((entry) => ({ entry, score: score(entry.path) }))
    .filter((each) => each.score !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.score - b.score || a.entry.path.localeCompare(b.entry.path))
    .map(({ entry }) => entry);
}
