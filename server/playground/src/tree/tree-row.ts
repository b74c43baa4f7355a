import { h, setAttribute } from '../base/dom.js';
import { languageOf } from '../editor/languages.js';
import type { PersonHere } from '../presence/presence.js';
import { icon } from '../ui/icons.js';
import type { TreeRow } from './tree-model.js';

/** The sign of a file: letters in the colour of its language, or a sheet. */
export function fileIcon(path: string): HTMLElement {
  const { badge, tone } = languageOf(path);
  return h('span', { class: `file-icon ${tone}`, 'aria-hidden': 'true' }, badge === '' ? icon('file') : badge);
}

const DOTS = 4;

export function rowElement(row: TreeRow): HTMLElement {
  const isFile = row.documentId !== undefined;
  return h(
    'div',
    {
      class: isFile ? 'tree-row file' : 'tree-row folder',
      role: 'treeitem',
      tabindex: -1,
      'data-testid': isFile ? 'file' : 'folder',
      'data-path': row.path,
      'aria-level': row.depth + 1,
      style: { '--depth': String(row.depth) },
    },
    isFile ? undefined : h('span', { class: 'tree-twist', 'aria-hidden': 'true' }, icon('chevron')),
    isFile ? fileIcon(row.path) : h('span', { class: 'file-icon folder-icon', 'aria-hidden': 'true' }, icon('folder')),
    h('span', { class: 'tree-name' }, row.name),
    h('span', { class: 'tree-people' }),
    h(
      'button',
      { type: 'button', class: 'tree-more icon-button', tabindex: -1, 'aria-label': `Actions for ${row.name}` },
      icon('more'),
    ),
  );
}

interface RowState {
  readonly active: boolean;
  readonly canWrite: boolean;
  readonly people: readonly PersonHere[];
}

export function updateRow(element: HTMLElement, row: TreeRow, { active, canWrite, people }: RowState): void {
  setAttribute(element, 'aria-selected', active);
  setAttribute(element, 'draggable', canWrite ? 'true' : 'false');
  if (row.expanded !== undefined) {
    setAttribute(element, 'aria-expanded', row.expanded);
    element.querySelector('.folder-icon')?.replaceChildren(icon(row.expanded ? 'folder-open' : 'folder'));
  }
  (element.querySelector('.tree-more') as HTMLElement).hidden = !canWrite;
  const names = people.map(({ person }) => person.name);
  const seen = element.querySelector('.tree-people') as HTMLElement;
  seen.title = names.join(', ');
  seen.replaceChildren(
    ...people.slice(0, DOTS).map(({ person }) => h('span', { class: 'dot', style: { '--person': person.color } })),
  );
  const here = names.length > 0 ? `, here: ${names.join(', ')}` : '';
  element.setAttribute('aria-label', row.name + here);
}
