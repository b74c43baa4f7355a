import { computed, type Readable, signal } from '../base/signal.js';
import type { Project } from './project.js';
import type { Tabs } from './tabs.js';

/** How often somebody who looks at a damaged file asks whether it is whole again: nothing tells of it. */
const ASK_AGAIN_MS = 5_000;

/** Whether stored edits of the file in front are set aside (`damagedAt`): asked at each open, and while it is so. */
export class DamageWatch {
  readonly #damaged = signal<string | undefined>(undefined);
  /** The file in front, if it is damaged. */
  readonly damaged: Readable<string | undefined> = this.#damaged;
  #cancel = () => {};

  constructor(
    private readonly project: Project,
    tabs: Tabs,
  ) {
    // A file that was healed elsewhere is opened again.
    const opened = computed(() => {
      const document = tabs.active.value?.document;
      return document?.state.value.synced ? document.documentId : undefined;
    });
    project.scope.watch(opened, (documentId) => {
      this.#cancel();
      if (documentId !== undefined) void this.#ask(documentId, () => documentId === opened.peek());
    });
  }

  async #ask(documentId: string, isInFront: () => boolean): Promise<void> {
    const { api, scope } = this.project;
    // Without an answer it is as it was known.
    const isDamaged = await api.document(documentId).then(
      ({ damagedAt }) => damagedAt !== undefined,
      () => this.#damaged.peek() === documentId,
    );
    if (scope.disposed || !isInFront()) return;
    this.#damaged.value = isDamaged ? documentId : undefined;
    if (isDamaged) this.#cancel = scope.after(ASK_AGAIN_MS, () => void this.#ask(documentId, isInFront));
  }
}
