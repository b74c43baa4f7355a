import type { DocumentEntry } from '@tandem/protocol';
import { confirm } from '../ui/dialog.js';
import { tell, tellError } from '../ui/toasts.js';
import type { Tabs } from '../workspace/tabs.js';
import { isInside, nameOf, type TreeModel, type TreeRow } from './tree-model.js';

/** What can be done to files; each call resolves when the server has done it and rejects with its refusal. */
export class TreeActions {
  constructor(
    private readonly tree: TreeModel,
    private readonly tabs: Tabs,
  ) {}

  async createFile(path: string): Promise<void> {
    const { project } = this.tree;
    const { id, kind, path: stored } = await project.api.createDocument(project.id, { path });
    project.put({ id, path: stored, kind });
    this.tree.reveal(stored);
    this.tabs.open(id);
  }

  /** Renames a file or everything in a folder; with another folder in the new path it moves. */
  async move(row: TreeRow, path: string): Promise<void> {
    if (path === row.path) return;
    if (row.documentId) return this.#moveFile(row.documentId, path);
    if (isInside(path, row.path)) throw new Error('A folder cannot move into itself');
    const files = this.tree.filesAt(row);
    for (const file of files) await this.#moveFile(file.id, path + file.path.slice(row.path.length));
    this.tree.dropDraftFolder(row.path);
    if (files.length === 0) this.tree.addDraftFolder(path);
  }

  /** Asks first; says afterwards what is gone. */
  async remove(row: TreeRow): Promise<void> {
    const files = this.tree.filesAt(row);
    if (files.length === 0) return this.tree.dropDraftFolder(row.path);
    const sure = await confirm({
      title: row.documentId ? 'Delete file' : 'Delete folder',
      text: row.documentId
        ? `Delete ${row.path} for everybody in this project?`
        : `Delete ${row.path} with its ${files.length === 1 ? 'file' : `${files.length} files`} for everybody in this project?`,
      confirm: 'Delete',
      danger: true,
    });
    if (!sure) return;
    try {
      for (const file of files) await this.#deleteFile(file);
      this.tree.dropDraftFolder(row.path);
      tell(`${nameOf(row.path)} was deleted`);
    } catch (error) {
      tellError(error);
    }
  }

  async #moveFile(documentId: string, path: string): Promise<void> {
    const { project } = this.tree;
    const { id, kind, path: stored } = await project.api.moveDocument(documentId, { path });
    project.put({ id, path: stored, kind });
    this.tree.reveal(stored);
  }

  async #deleteFile({ id }: DocumentEntry): Promise<void> {
    const { project } = this.tree;
    await project.api.deleteDocument(id);
    project.drop(id);
  }
}
