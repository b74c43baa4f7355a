import type { AnalysisResultEvent } from '@tandem/protocol';
import type { TandemApi, TandemClient } from '@tandem/protocol/client';
import { go, place } from '../app/router.js';
import { computed } from '../base/signal.js';
import { Presence } from '../presence/presence.js';
import { UserNames } from '../presence/user-names.js';
import { Problems } from '../problems/problems.js';
import { openKeptDialog } from '../status/kept-dialog.js';
import { TreeActions } from '../tree/tree-actions.js';
import { TreeModel } from '../tree/tree-model.js';
import { tell } from '../ui/toasts.js';
import { DamageWatch } from './damage-watch.js';
import { DocumentPool } from './document-pool.js';
import type { OpenDocument } from './open-document.js';
import { Project } from './project.js';
import { type Tab, Tabs } from './tabs.js';

/** One open project with all that belongs to working in it. */
export class Workplace {
  readonly pool: DocumentPool;
  readonly tabs: Tabs;
  readonly damage: DamageWatch;
  readonly presence: Presence;
  readonly userNames: UserNames;
  readonly problems: Problems;
  readonly tree: TreeModel;
  readonly actions: TreeActions;

  private constructor(
    readonly project: Project,
    client: TandemClient,
    userId: string,
    results: readonly AnalysisResultEvent[],
  ) {
    this.pool = new DocumentPool(client);
    this.tabs = new Tabs(project, this.pool, (tab) => this.#onDeleted(tab));
    this.damage = new DamageWatch(project, this.tabs);
    const inFront = computed(() => this.tabs.active.value?.document.documentId);
    this.presence = new Presence(project, this.pool, inFront, userId);
    this.userNames = new UserNames(project, this.pool);
    this.problems = new Problems(project, this.pool, client, results);
    this.tree = new TreeModel(project);
    this.actions = new TreeActions(this.tree, this.tabs);
    const seen = new WeakSet<object>();
    project.scope.effect(() => {
      for (const document of this.pool.documents.value) {
        const kept = document.kept.value;
        if (!kept || seen.has(kept)) continue;
        seen.add(kept);
        this.showKept(document);
      }
    });
  }

  /** Rejects with the refusal: `not_found` without a right to it. */
  static async open(projectId: string, client: TandemClient, api: TandemApi, userId: string): Promise<Workplace> {
    // What is known of its documents comes as soon as the project is open, before there is a place for it.
    const results: AnalysisResultEvent[] = [];
    const stop = client.on('analysis', (event) => results.push(event));
    try {
      return new Workplace(await Project.open(projectId, client, api, userId), client, userId, results);
    } finally {
      stop();
    }
  }

  /** Makes sure that a file is in front where there is one: the one of the address, of the last visit, or a likely one. */
  goSomewhere(last: string | undefined): void {
    const { id } = this.project;
    const documents = this.project.documents.peek();
    const { documentId } = place.peek();
    if (documentId && documents.has(documentId)) return;
    if (documentId) tell('The file of this address is not there any more');
    const readme = [...documents.values()].find(({ path }) => /^readme\.md$/i.test(path));
    const first = this.tree.rows.peek().find((row) => row.documentId)?.documentId;
    const open = this.tabs.all.peek()[0]?.document.documentId;
    const next = [last, open, readme?.id, first].find((each) => each && documents.has(each));
    go({ projectId: id, documentId: next }, 'replace');
  }

  /** Opens the dialog with a refused text, if a document has one. */
  showKept(document = this.pool.documents.peek().find(({ kept }) => kept.peek())): void {
    const kept = document?.kept.peek();
    if (document && kept) openKeptDialog(this.#pathOf(document), kept, () => document.forgetKept(kept.id));
  }

  close(): void {
    this.project.close();
    void this.pool.closeAll();
  }

  #pathOf({ documentId }: OpenDocument): string {
    return this.project.documents.peek().get(documentId)?.path ?? 'A deleted file';
  }

  #onDeleted({ document, path }: Tab): void {
    if (document.state.peek().pending === 0) {
      tell(`${path.peek()} was deleted`);
      return;
    }
    const text = document.bound.peek().text.toString();
    openKeptDialog(path.peek(), { text, reason: 'not_found' }, () => {});
  }
}
