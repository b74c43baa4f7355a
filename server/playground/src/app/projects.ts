import type { TandemApi } from '@tandem/protocol/client';
import type { Project as ProjectInfo } from '@tandem/protocol/http';
import { type Readable, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';
import type { Place } from './router.js';

/** The projects of the user, and where each visit ended. */
export class Projects {
  readonly #all = signal<readonly ProjectInfo[]>([]);
  readonly all: Readable<readonly ProjectInfo[]> = this.#all;

  constructor(
    private readonly api: TandemApi,
    private readonly userId: string,
  ) {}

  async load(): Promise<readonly ProjectInfo[]> {
    this.#all.value = await this.api.projects();
    return this.#all.peek();
  }

  async create(name: string): Promise<ProjectInfo> {
    const created = await this.api.createProject({ name });
    this.#all.update((all) => [...all, created]);
    return created;
  }

  async rename(id: string, name: string): Promise<void> {
    const changed = await this.api.updateProject(id, { name });
    this.#all.update((all) => all.map((project) => (project.id === id ? changed : project)));
  }

  async delete(id: string): Promise<void> {
    await this.api.deleteProject(id);
    this.#all.update((all) => all.filter((project) => project.id !== id));
  }

  /** The project of the last visit if it is still there, else the first; undefined without any. */
  async preferred(): Promise<string | undefined> {
    const all = await this.load();
    const last = readStored<string>(localStorage, this.#key('project'));
    return (all.find(({ id }) => id === last) ?? all[0])?.id;
  }

  lastDocument(projectId: string): string | undefined {
    return readStored<string>(localStorage, this.#key(projectId));
  }

  remember({ projectId, documentId }: Place): void {
    if (!projectId) return;
    writeStored(localStorage, this.#key('project'), projectId);
    if (documentId) writeStored(localStorage, this.#key(projectId), documentId);
  }

  #key(what: string): string {
    return `tandem.last.${this.userId}.${what}`;
  }
}
