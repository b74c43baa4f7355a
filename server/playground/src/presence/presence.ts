import type { Awareness } from 'y-protocols/awareness';
import { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';
import type { DocumentPool } from '../workspace/document-pool.js';
import type { OpenDocument } from '../workspace/open-document.js';
import type { Project } from '../workspace/project.js';
import { type Person, personOf } from './person.js';

/** Somebody else who works in the project now. */
export interface PersonHere {
  readonly person: Person;
  /** The file in front of them; undefined while they have none. */
  readonly documentId: string | undefined;
}

/** Awareness of many people comes in bursts; the list follows at this pace. */
const PACE_MS = 100;

/**
 * Who is here, and where. Awareness belongs to a document, so people in different files would not see each other: every
 * page of this playground therefore also opens one file of the project that all agree on, the text with the lowest id,
 * and tells there which file is in front of it (`file` of the awareness state).
 */
export class Presence {
  readonly #people = signal<readonly PersonHere[]>([]);
  readonly people: Readable<readonly PersonHere[]> = this.#people;
  readonly byDocument = computed(() => Map.groupBy(this.#people.value, ({ documentId }) => documentId));
  #meeting: OpenDocument | undefined;
  #pace: ReturnType<typeof setTimeout> | undefined;

  constructor(
    project: Project,
    private readonly pool: DocumentPool,
    private readonly active: Readable<string | undefined>,
    private readonly userId: string,
  ) {
    const { scope } = project;
    const lowest = computed(() => {
      const texts = [...project.documents.value.values()].filter(({ kind }) => kind === 'text');
      return texts.map(({ id }) => id).sort()[0];
    });
    scope.watch(lowest, (id) => this.#meetIn(id));
    scope.effect(() => {
      // Told in every open document: a change of the meeting place then loses nobody.
      const file = this.active.value ?? null;
      for (const document of pool.documents.value) {
        const { awareness } = document.bound.value;
        if (awareness.getLocalState()?.file !== file) awareness.setLocalStateField('file', file);
      }
    });
    let listening = scope.child();
    scope.effect(() => {
      listening.dispose();
      listening = scope.child();
      for (const document of pool.documents.value) this.#listen(listening, document.bound.value.awareness);
      this.#soon();
    });
    scope.add(() => clearTimeout(this.#pace));
  }

  #meetIn(documentId: string | undefined): void {
    const before = this.#meeting;
    this.#meeting = documentId === undefined ? undefined : this.pool.acquire(documentId);
    if (before) this.pool.release(before.documentId);
  }

  #listen(scope: Scope, awareness: Awareness): void {
    const soon = () => this.#soon();
    awareness.on('change', soon);
    scope.add(() => awareness.off('change', soon));
  }

  #soon(): void {
    this.#pace ??= setTimeout(() => {
      this.#pace = undefined;
      this.#people.value = this.#read();
    }, PACE_MS);
  }

  #read(): PersonHere[] {
    const people = new Map<string, PersonHere>();
    for (const document of this.pool.documents.peek()) {
      const { awareness } = document.bound.peek();
      for (const [clientId, state] of awareness.getStates()) {
        const person = clientId === awareness.clientID ? undefined : personOf(state);
        if (!person || person.id === this.userId) continue;
        const { file, cursor } = state as { file?: unknown; cursor?: unknown };
        // An editor that does not tell its file shows where it is by its cursor.
        const documentId = typeof file === 'string' ? file : cursor ? document.documentId : undefined;
        if (documentId || !people.has(person.id)) people.set(person.id, { person, documentId });
      }
    }
    return [...people.values()].sort((a, b) => a.person.name.localeCompare(b.person.name));
  }
}
