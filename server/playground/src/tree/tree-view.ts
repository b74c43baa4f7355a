import { h, keyedList } from '../base/dom.js';
import { type Readable, signal } from '../base/signal.js';
import type { PersonHere } from '../presence/presence.js';
import { icon } from '../ui/icons.js';
import { openMenu } from '../ui/menu.js';
import { tellError } from '../ui/toasts.js';
import type { Tabs } from '../workspace/tabs.js';
import type { TreeActions } from './tree-actions.js';
import { allowDragging } from './tree-drag.js';
import { treeHead } from './tree-head.js';
import { treeInput } from './tree-input.js';
import { keyTarget } from './tree-keys.js';
import { joinPath, nameOf, parentOf, type TreeModel, type TreeRow, tidyPath } from './tree-model.js';
import { fileIcon, rowElement, updateRow } from './tree-row.js';

interface TreeOptions {
  model: TreeModel;
  actions: TreeActions;
  tabs: Tabs;
  people: Readable<ReadonlyMap<string | undefined, readonly PersonHere[]>>;
  focusEditor: () => void;
}

/** What is being typed into the tree. */
type Draft = { kind: 'file' | 'folder'; parent: string } | { kind: 'rename'; row: TreeRow };

export interface TreeView {
  readonly element: HTMLElement;
  newFile(): void;
}

/** The files of the project. One row takes the Tab key; the arrows move between rows (WAI-ARIA tree pattern). */
export function treeView({ model, actions, tabs, people, focusEditor }: TreeOptions): TreeView {
  const { project } = model;
  const { scope } = project;
  const draft = signal<Draft | undefined>(undefined);
  const list = h('div', { class: 'tree', role: 'tree', 'aria-label': 'Files', 'data-testid': 'tree' });
  let focused: string | undefined;

  const rowAt = (target: EventTarget | null): TreeRow | undefined => {
    const path = (target as Element | null)?.closest<HTMLElement>('.tree-row[data-path]')?.dataset.path;
    return model.rows.peek().find((row) => row.path === path);
  };
  const elementOf = (row: TreeRow | undefined) =>
    row && list.querySelector<HTMLElement>(`.tree-row[data-path="${CSS.escape(row.path)}"]`);
  const focus = (row: TreeRow | undefined) => {
    focused = row?.path ?? focused;
    render();
    elementOf(row)?.focus();
  };
  const toggle = (row: TreeRow) => model.setExpanded(row.path, !row.expanded);
  const activate = (row: TreeRow) => (row.documentId ? tabs.open(row.documentId) : toggle(row));
  const folderOf = (row: TreeRow | undefined) => (!row ? '' : row.documentId ? parentOf(row.path) : row.path);
  const write = (next: Draft) => {
    if (!project.canWrite.peek()) return;
    if (next.kind !== 'rename' && next.parent !== '') model.setExpanded(next.parent, true);
    draft.value = next;
  };
  const focusedRow = () => model.rows.peek().find((row) => row.path === focused);

  const menu = (row: TreeRow, place: Parameters<typeof openMenu>[2]) =>
    openMenu(
      `Actions for ${row.name}`,
      [
        { label: 'New file…', icon: 'file-plus', run: () => write({ kind: 'file', parent: folderOf(row) }) },
        { label: 'New folder…', icon: 'folder-plus', run: () => write({ kind: 'folder', parent: folderOf(row) }) },
        'separator',
        { label: 'Rename or move…', icon: 'pencil', note: 'F2', run: () => write({ kind: 'rename', row }) },
        { label: 'Delete…', icon: 'trash', note: 'Del', danger: true, run: () => void actions.remove(row) },
      ],
      place,
    );

  const put = keyedList<TreeRow | Draft, HTMLElement>(list, {
    key: (item) => ('kind' in item ? `draft:${JSON.stringify(item)}` : `${item.documentId ?? 'folder'}:${item.path}`),
    create: (item) => ('kind' in item ? draftElement(item) : rowElement(item)),
    update: (element, item) => {
      if ('kind' in item) return;
      element.tabIndex = item.path === focused ? 0 : -1;
      const active = item.documentId !== undefined && item.documentId === tabs.active.value?.document.documentId;
      const here = item.documentId ? (people.value.get(item.documentId) ?? []) : [];
      updateRow(element, item, { active, canWrite: project.canWrite.value, people: here });
    },
  });

  function draftElement(item: Draft): HTMLElement {
    const close = () => {
      if (draft.peek() === item) draft.value = undefined;
    };
    if (item.kind === 'rename') {
      const { row } = item;
      const sign = row.documentId ? fileIcon(row.path) : h('span', { class: 'file-icon folder-icon' }, icon('folder'));
      const submit = (typed: string) =>
        actions.move(row, tidyPath(typed.includes('/') ? typed : joinPath(parentOf(row.path), typed)));
      return treeInput({ label: 'New name or path', value: row.name, depth: row.depth, sign, submit, close });
    }
    const { kind, parent } = item;
    const depth = parent === '' ? 0 : parent.split('/').length;
    const sign = h('span', { class: 'file-icon folder-icon' }, icon(kind));
    const submit = async (typed: string) => {
      const path = joinPath(parent, tidyPath(typed));
      if (kind === 'file') return actions.createFile(path);
      model.addDraftFolder(path);
      // A folder is kept by the server once it holds a file, so the next question is the name of one.
      queueMicrotask(() => write({ kind: 'file', parent: path }));
    };
    const label = kind === 'file' ? 'Name or path of the new file' : 'Name or path of the new folder';
    return treeInput({ label, value: '', depth, sign, submit, close });
  }

  function items(): (TreeRow | Draft)[] {
    const rows = model.rows.value;
    const typing = draft.value;
    if (!typing) return [...rows];
    if (typing.kind === 'rename') return rows.map((row) => (row.path === typing.row.path ? typing : row));
    const at = typing.parent === '' ? 0 : rows.findIndex((row) => row.path === typing.parent) + 1;
    return [...rows.slice(0, at), typing, ...rows.slice(at)];
  }
  function render(): void {
    const rows = model.rows.value;
    if (!rows.some((row) => row.path === focused)) focused = rows[0]?.path;
    put(items());
  }
  scope.effect(render);
  scope.watch(tabs.active, (tab) => {
    if (!tab) return;
    focused = tab.path.peek();
    model.reveal(focused);
    render();
  });

  list.addEventListener('click', (event) => {
    const row = rowAt(event.target);
    if (!row) return;
    focused = row.path;
    const more = (event.target as Element).closest<HTMLElement>('.tree-more');
    if (more) menu(row, { anchor: more });
    else activate(row);
  });
  list.addEventListener('dblclick', (event) => rowAt(event.target)?.documentId && focusEditor());
  list.addEventListener('contextmenu', (event) => {
    const row = rowAt(event.target);
    if (!row || !project.canWrite.peek()) return;
    event.preventDefault();
    focus(row);
    menu(row, { x: event.clientX, y: event.clientY });
  });
  list.addEventListener('keydown', (event) => {
    const row = rowAt(event.target);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = keyTarget(event.key, row, model.rows.peek());
    if (event.key === 'Enter' || event.key === ' ') {
      activate(row);
      if (event.key === 'Enter' && row.documentId) focusEditor();
    } else if (event.key === 'F2') write({ kind: 'rename', row });
    else if (event.key === 'Delete' && project.canWrite.peek()) void actions.remove(row);
    else if (event.key === 'ArrowRight' && row.expanded === false) toggle(row);
    else if (event.key === 'ArrowLeft' && row.expanded) toggle(row);
    else if (target) focus(target);
    else return;
    event.preventDefault();
  });
  allowDragging(list, rowAt, (row, folder) => {
    actions.move(row, joinPath(folder, nameOf(row.path))).catch(tellError);
  });

  const newFile = () => write({ kind: 'file', parent: folderOf(focusedRow()) });
  const newFolder = () => write({ kind: 'folder', parent: folderOf(focusedRow()) });
  const head = treeHead({ project, newFile, newFolder, collapse: () => model.collapseAll() });
  const empty = h('p', { class: 'tree-empty' }, 'No files yet.');
  scope.effect(() => {
    empty.hidden = model.rows.value.length > 0 || draft.value !== undefined;
  });
  return { element: h('nav', { class: 'side-content', 'aria-label': 'Files' }, head, list, empty), newFile };
}
