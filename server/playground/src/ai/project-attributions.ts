import type { CompletionClosedEvent } from '@tandem/protocol';
import type { TandemClient } from '@tandem/protocol/client';
import type { UserNames } from '../presence/user-names.js';
import type { Project } from '../workspace/project.js';
import type { Assistance } from './assistance.js';
import { Attributions } from './attributions.js';

interface Sources {
  project: Project;
  client: TandemClient;
  userNames: UserNames;
  assistance: Assistance;
  /** Who is signed in. */
  self: { id: string; displayName: string };
}

/** The attributions of the documents of a project that were opened: what was stored, and what is accepted meanwhile. */
export class ProjectAttributions {
  readonly #documents = new Map<string, Attributions>();

  constructor(private readonly sources: Sources) {
    const { project, client } = sources;
    project.scope.add(client.on('completion-closed', (event) => void this.#onClosed(event)));
    // What was accepted while we were away came with no event.
    project.scope.add(client.on('project-opened', () => this.#reload()));
  }

  /** Asks for the stored ones anew: while a document is closed here, nothing is heard of it. */
  of(documentId: string): Attributions {
    const attributions = this.#documents.get(documentId) ?? new Attributions(documentId, this.sources.project.api);
    this.#documents.set(documentId, attributions);
    // Without an answer, what is accepted from now on is marked all the same.
    attributions.load().catch(() => {});
    return attributions;
  }

  async #onClosed(event: CompletionClosedEvent): Promise<void> {
    const document = this.#documents.get(event.documentId);
    if (!document || event.outcome !== 'accepted' || event.by === null) return;
    const { self, userNames, assistance } = this.sources;
    const model = assistance.modelOf(event.completionId);
    const name = event.by === self.id ? self.displayName : (await userNames.find(event.by))?.name;
    const isWhole = event.accepted.length > 0 && model !== undefined && name !== undefined;
    if (isWhole) document.add(event, name, model);
    else await document.load().catch(() => {});
  }

  #reload(): void {
    for (const document of this.#documents.values()) document.load().catch(() => {});
  }
}
