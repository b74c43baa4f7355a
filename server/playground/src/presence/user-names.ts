import { safeColor } from '../ui/avatar.js';
import type { DocumentPool } from '../workspace/document-pool.js';
import type { Project } from '../workspace/project.js';
import { type Person, personOf } from './person.js';

/** Names for the ids of users: those who are here, and the members. Who was seen once is known until the project closes. */
export class UserNames {
  readonly #known = new Map<string, Person>();
  #members: Promise<void> | undefined;

  constructor(
    private readonly project: Project,
    private readonly pool: DocumentPool,
  ) {
    // Somebody may be added while the project is open.
    project.scope.watch(project.membersVersion, () => {
      this.#members = undefined;
    });
  }

  /** At once, as far as it is known here. */
  of(userId: string): Person | undefined {
    for (const document of this.pool.documents.peek()) {
      for (const state of document.bound.peek().awareness.getStates().values()) {
        const person = personOf(state);
        if (person?.id === userId) this.#known.set(userId, person);
      }
    }
    return this.#known.get(userId);
  }

  /** Asks for the members where it is not; undefined when nobody knows. */
  async find(userId: string): Promise<Person | undefined> {
    const here = this.of(userId);
    if (here) return here;
    this.#members ??= this.#load();
    await this.#members.catch(() => {});
    return this.#known.get(userId);
  }

  async #load(): Promise<void> {
    for (const { userId, displayName } of await this.project.api.members(this.project.id)) {
      if (!this.#known.has(userId)) this.#known.set(userId, { id: userId, name: displayName, color: safeColor('') });
    }
  }
}
