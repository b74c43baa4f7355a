import { go, place } from '../app/router.js';
import { computed, type Readable, signal, untracked } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';
import { tell } from '../ui/toasts.js';
import type { DocumentPool } from './document-pool.js';
import type { OpenDocument } from './open-document.js';
import type { Project } from './project.js';

/** A file in a tab. */
export interface Tab {
  readonly document: OpenDocument;
  readonly path: Readable<string>;
}

/** The files that are open side by side; the address bar says which one is in front. */
export class Tabs {
  readonly #tabs = signal<readonly Tab[]>([]);
  readonly all: Readable<readonly Tab[]> = this.#tabs;
  readonly active: Readable<Tab | undefined>;

  constructor(
    private readonly project: Project,
    private readonly pool: DocumentPool,
    /** Told of a tab whose file somebody deleted; the tab is closed after it. */
    private readonly onDeleted: (tab: Tab) => void,
  ) {
    this.active = computed(() => {
      const { projectId, documentId } = place.value;
      if (projectId !== project.id) return undefined;
      return this.#tabs.value.find((tab) => tab.document.documentId === documentId);
    });
    for (const id of readStored<string[]>(sessionStorage, this.#key) ?? []) this.#add(id);
    project.scope.effect(() => {
      const { projectId, documentId } = place.value;
      if (projectId === project.id && documentId) untracked(() => this.#add(documentId));
    });
    project.scope.effect(() => this.#closeDeleted());
    project.scope.effect(() => this.#remember());
  }

  open(documentId: string): void {
    this.#add(documentId);
    go({ projectId: this.project.id, documentId });
  }

  /** Closes a tab; the one beside it comes to the front. */
  close(tab: Tab): void {
    const tabs = this.#tabs.peek();
    const at = tabs.indexOf(tab);
    if (at < 0) return;
    if (this.active.peek() === tab) {
      const next = tabs[at + 1] ?? tabs[at - 1];
      go({ projectId: this.project.id, documentId: next?.document.documentId }, 'replace');
    }
    this.#tabs.value = tabs.filter((each) => each !== tab);
    this.pool.release(tab.document.documentId);
  }

  /** The tab `by` steps further, round the ends. */
  step(by: number): void {
    const tabs = this.#tabs.peek();
    const active = this.active.peek();
    const next = active && tabs.at((tabs.indexOf(active) + by) % tabs.length);
    if (next) this.open(next.document.documentId);
  }

  get #key(): string {
    return `tandem.tabs.${this.project.id}`;
  }

  #add(documentId: string): void {
    const entry = this.project.documents.peek().get(documentId);
    if (!entry || this.#tabs.peek().some((tab) => tab.document.documentId === documentId)) return;
    if (entry.kind !== 'text') {
      tell(`${entry.path} holds shared data, not text: programs edit it through the SDK`);
      return;
    }
    // Of a file that was deleted, the last one.
    let last = entry.path;
    const path = computed(() => {
      last = this.project.documents.value.get(documentId)?.path ?? last;
      return last;
    });
    this.#tabs.update((tabs) => [...tabs, { document: this.pool.acquire(documentId), path }]);
  }

  #closeDeleted(): void {
    const documents = this.project.documents.value;
    const gone = this.#tabs.peek().filter((tab) => !documents.has(tab.document.documentId));
    untracked(() => {
      for (const tab of gone) {
        this.onDeleted(tab);
        this.close(tab);
      }
    });
  }

  #remember(): void {
    const ids = this.#tabs.value.map((tab) => tab.document.documentId);
    writeStored(sessionStorage, this.#key, ids);
  }
}
