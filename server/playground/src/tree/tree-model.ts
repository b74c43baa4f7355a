import type { DocumentEntry } from '@tandem/protocol';
import { computed, type Readable, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';
import type { Project } from '../workspace/project.js';

/** A line of the tree. */
export interface TreeRow {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  /** Absent for a folder. */
  readonly documentId?: string;
  readonly expanded?: boolean;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, DocumentEntry>;
}

const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;

/** Folders are made of paths: the server stores files only. A new folder lives in this page until it holds one. */
export class TreeModel {
  readonly #collapsed;
  readonly #drafts = signal<ReadonlySet<string>>(new Set());
  readonly rows: Readable<readonly TreeRow[]>;

  constructor(readonly project: Project) {
    const key = `tandem.collapsed.${project.id}`;
    this.#collapsed = signal<ReadonlySet<string>>(new Set(readStored<string[]>(localStorage, key) ?? []));
    this.rows = computed(() => {
      const root = grow(project.documents.value.values(), this.#drafts.value);
      return [...flatten(root, '', 0, this.#collapsed.value)];
    });
    project.scope.watch(this.#collapsed, (paths) => writeStored(localStorage, key, [...paths]));
  }

  setExpanded(path: string, expanded: boolean): void {
    this.#collapsed.update((before) => {
      const after = new Set(before);
      if (expanded) after.delete(path);
      else after.add(path);
      return after;
    });
  }

  /** Unfolds every folder above a path. */
  reveal(path: string): void {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) this.setExpanded(path.slice(0, at), true);
  }

  collapseAll(): void {
    const folders = new Set<string>();
    for (const { path } of this.project.documents.peek().values()) {
      for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at));
    }
    this.#collapsed.value = folders;
  }

  addDraftFolder(path: string): void {
    this.#drafts.update((drafts) => new Set(drafts).add(path));
    this.reveal(`${path}/`);
  }

  dropDraftFolder(path: string): void {
    this.#drafts.update((drafts) => new Set([...drafts].filter((draft) => draft !== path && !isInside(draft, path))));
  }

  /** The files in a folder, or the one file at a path. */
  filesAt(row: TreeRow): DocumentEntry[] {
    const all = [...this.project.documents.peek().values()];
    return all.filter(({ id, path }) => (row.documentId ? id === row.documentId : isInside(path, row.path)));
  }
}

export const isInside = (path: string, folder: string): boolean => folder === '' || path.startsWith(`${folder}/`);
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const joinPath = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** What somebody typed as a path: no spaces around names, no empty names. */
export const tidyPath = (typed: string): string =>
  typed
    .split('/')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .join('/');

const emptyFolder = (): Folder => ({ folders: new Map(), files: new Map() });

function grow(entries: Iterable<DocumentEntry>, drafts: Iterable<string>): Folder {
  const root = emptyFolder();
  const folderAt = (names: readonly string[]): Folder =>
    names.reduce((folder, name) => {
      const inner = folder.folders.get(name) ?? emptyFolder();
      folder.folders.set(name, inner);
      return inner;
    }, root);
  for (const entry of entries) folderAt(entry.path.split('/').slice(0, -1)).files.set(nameOf(entry.path), entry);
  for (const draft of drafts) folderAt(draft.split('/'));
  return root;
}

function* flatten(folder: Folder, path: string, depth: number, collapsed: ReadonlySet<string>): Generator<TreeRow> {
  for (const name of [...folder.folders.keys()].sort(byName)) {
    const inner = joinPath(path, name);
    const expanded = !collapsed.has(inner);
    yield { path: inner, name, depth, expanded };
    if (expanded) yield* flatten(folder.folders.get(name) as Folder, inner, depth + 1, collapsed);
  }
  for (const name of [...folder.files.keys()].sort(byName)) {
    yield { path: joinPath(path, name), name, depth, documentId: (folder.files.get(name) as DocumentEntry).id };
  }
}
