import type { HistoryApi } from '@tandem/protocol/client';
import type { RestoreAnswer, Version } from '@tandem/protocol/http';
import { computed, signal } from '../base/signal.js';
import { type Known, type Moment, momentsOf, withNewest } from './moments.js';

const PAGE = 50;
const NOTHING: Known = { changes: [], before: null };

/** The history of one document as far as it was read; every method rejects with the refusal. */
export class DocumentHistory {
  readonly #known = signal<Known>(NOTHING);
  readonly #versions = signal<readonly Version[]>([]);
  readonly #isLoaded = signal(false);
  readonly isLoaded = computed(() => this.#isLoaded.value);
  readonly versions = computed(() => this.#versions.value);
  readonly moments = computed(() => momentsOf(this.#known.value, this.#versions.value));
  /** The named ones alone, also where the changes around them were not read. */
  readonly named = computed(() =>
    momentsOf({ ...this.#known.value, before: null }, this.#versions.value).filter(({ version }) => version),
  );
  readonly hasOlder = computed(() => this.#known.value.before !== null);
  #loading = 0;

  constructor(
    private readonly api: HistoryApi,
    private readonly documentId: string,
  ) {}

  /** What is newest, and the names; what was read before stays where it joins on. */
  async load(): Promise<void> {
    this.#loading += 1;
    const loading = this.#loading;
    const [page, versions] = await Promise.all([
      this.api.changes(this.documentId, { limit: PAGE }),
      this.api.versions(this.documentId),
    ]);
    // An answer that was overtaken would bring back what a newer one has not any more.
    if (loading !== this.#loading) return;
    this.#versions.value = versions;
    this.#known.update((known) => withNewest(page, known));
    this.#isLoaded.value = true;
  }

  async loadOlder(): Promise<void> {
    const { before } = this.#known.peek();
    if (before === null) return;
    const page = await this.api.changes(this.documentId, { limit: PAGE, before });
    this.#known.update((known) =>
      known.before === before ? { changes: [...known.changes, ...page.changes], before: page.before } : known,
    );
  }

  text({ version, seq }: Moment): Promise<string> {
    return version ? this.api.versionText(this.documentId, version.id) : this.api.text(this.documentId, { seq });
  }

  /** Resolves to the id of the version, when it is in the list. */
  async name({ seq }: Moment, name: string): Promise<string> {
    const { id } = await this.api.addVersion(this.documentId, { name, seq });
    await this.load();
    return id;
  }

  async rename({ id }: Version, name: string): Promise<void> {
    await this.api.renameVersion(this.documentId, id, name);
    await this.load();
  }

  async unname({ id }: Version): Promise<void> {
    await this.api.deleteVersion(this.documentId, id);
    await this.load();
  }

  restore({ version, seq }: Moment): Promise<RestoreAnswer> {
    return this.api.restore(this.documentId, version ? { versionId: version.id } : { seq });
  }

  undoRestore({ seq }: RestoreAnswer): Promise<RestoreAnswer> {
    return this.api.restore(this.documentId, { seq: seq - 1 });
  }
}
