import { isInside, parentOf, type TreeRow } from './tree-model.js';

/** Rows can be dragged into folders; on a file it means its folder, beside the rows the top. */
export function allowDragging(
  list: HTMLElement,
  rowAt: (target: EventTarget | null) => TreeRow | undefined,
  move: (row: TreeRow, folder: string) => void,
): void {
  let dragged: TreeRow | undefined;
  const folderUnder = (target: EventTarget | null): string => {
    const row = rowAt(target);
    return !row ? '' : row.documentId ? parentOf(row.path) : row.path;
  };
  const mark = (folder: string | undefined) => {
    list.classList.toggle('drop-root', folder === '');
    for (const row of list.querySelectorAll<HTMLElement>('.tree-row')) {
      const path = row.dataset.path ?? '';
      row.classList.toggle('drop', !!folder && (path === folder || isInside(path, folder)));
    }
  };
  const accepts = (folder: string): boolean =>
    dragged !== undefined &&
    parentOf(dragged.path) !== folder &&
    folder !== dragged.path &&
    !isInside(folder, dragged.path);

  list.addEventListener('dragstart', (event) => {
    dragged = rowAt(event.target);
    if (dragged) event.dataTransfer?.setData('text/plain', dragged.path);
  });
  list.addEventListener('dragover', (event) => {
    const folder = folderUnder(event.target);
    if (!accepts(folder)) return mark(undefined);
    event.preventDefault();
    mark(folder);
  });
  list.addEventListener('dragleave', (event) => {
    if (!list.contains(event.relatedTarget as Node | null)) mark(undefined);
  });
  list.addEventListener('drop', (event) => {
    const folder = folderUnder(event.target);
    mark(undefined);
    if (!dragged || !accepts(folder)) return;
    event.preventDefault();
    move(dragged, folder);
  });
  list.addEventListener('dragend', () => {
    dragged = undefined;
    mark(undefined);
  });
}
