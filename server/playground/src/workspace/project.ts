import {
  type DocumentEntry,
  type ProjectEvent,
  type ProjectOpenAnswer,
  type Role,
  TandemError,
} from '@tandem/protocol';
import type { TandemApi, TandemClient } from '@tandem/protocol/client';
import type { Project as ProjectInfo } from '@tandem/protocol/http';
import { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';

export const canWrite = (role: Role | undefined): boolean =>
  role === 'owner' || role === 'maintainer' || role === 'editor';
export const canManage = (role: Role | undefined): boolean => role === 'owner' || role === 'maintainer';

/** What its maintainers have chosen for everybody. */
export type ProjectSettings = Pick<ProjectInfo, 'configuration' | 'aiContext'>;

/** An open project: its files, its name and one's role in it, kept current by the server's events. */
export class Project {
  readonly scope = new Scope();
  readonly #documents = signal<ReadonlyMap<string, DocumentEntry>>(new Map());
  readonly #name = signal('');
  readonly #role = signal<Role | undefined>(undefined);
  readonly #gone = signal<'deleted' | 'removed' | undefined>(undefined);
  readonly #members = signal(0);
  readonly #settings = signal<ProjectSettings | undefined>(undefined);
  readonly documents: Readable<ReadonlyMap<string, DocumentEntry>> = this.#documents;
  readonly name: Readable<string> = this.#name;
  readonly role: Readable<Role | undefined> = this.#role;
  /** Why it cannot be worked in any more. */
  readonly gone: Readable<'deleted' | 'removed' | undefined> = this.#gone;
  /** Counts changes among the members. */
  readonly membersVersion: Readable<number> = this.#members;
  readonly settings: Readable<ProjectSettings | undefined> = this.#settings;
  readonly canWrite = computed(() => canWrite(this.#role.value));
  readonly canManage = computed(() => canManage(this.#role.value));

  private constructor(
    readonly id: string,
    private readonly client: TandemClient,
    readonly api: TandemApi,
    private readonly userId: string,
  ) {}

  /** Rejects with the refusal: `not_found` without a right to it. */
  static async open(id: string, client: TandemClient, api: TandemApi, userId: string): Promise<Project> {
    const project = new Project(id, client, api, userId);
    // Listens before it asks: a change between the answer and the listener would be missed.
    project.scope.add(client.on('project', (event) => project.#apply(event)));
    // At the first open and after every reconnect: what changed meanwhile came with no event.
    project.scope.add(client.on('project-opened', (opened) => project.#reset(opened)));
    project.scope.add(client.on('error', ({ code }) => code === 'not_found' && void project.#checkAccess()));
    try {
      const [info] = await Promise.all([api.project(id), client.openProject(id)]);
      project.#name.value = info.name;
      project.#settings.value = info;
    } catch (error) {
      project.close();
      throw error;
    }
    return project;
  }

  /** Shows what the user did here at once; the server's event about it changes nothing more. */
  put(entry: DocumentEntry): void {
    this.#documents.update((before) => new Map(before).set(entry.id, entry));
  }

  drop(documentId: string): void {
    this.#documents.update((before) => {
      const after = new Map(before);
      after.delete(documentId);
      return after;
    });
  }

  rename(name: string): void {
    this.#name.value = name;
  }

  /** Rejects with the refusal. The rest of each half stays as the server has it now, whoever changed it. */
  async change(change: { [K in keyof ProjectSettings]?: Partial<ProjectSettings[K]> }): Promise<void> {
    const { configuration, aiContext } = await this.api.project(this.id);
    this.#settings.value = await this.api.updateProject(this.id, {
      ...(change.configuration && { configuration: { ...configuration, ...change.configuration } }),
      ...(change.aiContext && { aiContext: { ...aiContext, ...change.aiContext } }),
    });
  }

  /** Switches an analysis rule on or off for everybody in the project. */
  async switchRule(rule: string, isOn: boolean): Promise<void> {
    const { analysisRules } = (await this.api.project(this.id)).configuration;
    await this.change({ configuration: { analysisRules: { ...analysisRules, [rule]: isOn } } });
  }

  close(): void {
    this.scope.dispose();
    this.client.closeProject(this.id).catch(() => {});
  }

  #reset({ projectId, role, documents }: { projectId: string } & ProjectOpenAnswer): void {
    if (projectId !== this.id) return;
    this.#role.value = role;
    this.#documents.value = new Map(documents.map((entry) => [entry.id, entry]));
    this.#members.update((count) => count + 1);
  }

  /** What the event does not carry; until it is there, the old settings are shown. */
  async #refresh(): Promise<void> {
    const info = await this.api.project(this.id).catch(() => undefined);
    if (info) this.#settings.value = info;
  }

  /** Something of ours was not found after a reconnect: perhaps we were removed while we were away. */
  async #checkAccess(): Promise<void> {
    const error = await this.api.project(this.id).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof TandemError && error.code === 'not_found') this.#gone.value = 'removed';
  }

  #apply(event: ProjectEvent): void {
    if (event.projectId !== this.id) return;
    switch (event.type) {
      case 'document.created':
      case 'document.moved':
        this.put(event.document);
        return;
      case 'document.deleted':
        this.drop(event.documentId);
        return;
      case 'member.added':
      case 'member.changed':
        if (event.member.userId === this.userId) this.#role.value = event.member.role;
        this.#members.update((count) => count + 1);
        return;
      case 'member.removed':
        if (event.userId === this.userId) this.#gone.value = 'removed';
        this.#members.update((count) => count + 1);
        return;
      case 'project.changed':
        this.rename(event.name);
        void this.#refresh();
        return;
      case 'project.deleted':
        this.#gone.value = 'deleted';
    }
  }
}
