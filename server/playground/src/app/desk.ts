import { type TandemApi, TandemError } from '@tandem/protocol/client';
import type { User } from '@tandem/protocol/http';
import { Assistance } from '../ai/assistance.js';
import { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';
import { ProfileSettings } from '../settings/settings.js';
import { statusOf } from '../status/status.js';
import { messageOf, tell, tellError } from '../ui/toasts.js';
import { Connection } from '../workspace/connection.js';
import { Workplace } from '../workspace/workplace.js';
import { Projects } from './projects.js';
import { go, place } from './router.js';

/** What the middle of the page shows. */
export type Stage =
  | { readonly kind: 'opening' }
  | { readonly kind: 'no-projects' }
  | { readonly kind: 'failed'; readonly message: string /** Not refused: not reached. */; readonly offline: boolean }
  | { readonly kind: 'open'; readonly workplace: Workplace };

/** Everything of a signed-in visit: the connection, the profile, and the project that the address names. */
export class Desk {
  readonly scope = new Scope();
  readonly connection: Connection;
  readonly projects: Projects;
  readonly profile: ProfileSettings;
  readonly assistance: Assistance;
  readonly #stage = signal<Stage>({ kind: 'opening' });
  readonly stage: Readable<Stage> = this.#stage;
  readonly workplace = computed(() => {
    const stage = this.#stage.value;
    return stage.kind === 'open' ? stage.workplace : undefined;
  });
  readonly #signedOut = signal(false);
  readonly status = computed(() => {
    const workplace = this.workplace.value;
    return statusOf({
      connection: this.connection.state.value,
      signedOut: this.#signedOut.value,
      active: workplace?.tabs.active.value?.document,
      all: workplace?.pool.documents.value ?? [],
    });
  });

  constructor(
    readonly api: TandemApi,
    readonly user: User,
  ) {
    this.connection = new Connection(api);
    this.projects = new Projects(api, user.id);
    this.profile = new ProfileSettings(api);
    this.assistance = new Assistance(this.connection.client, api);
    this.scope.add(() => this.assistance.close());
    this.scope.add(api.on('session', (session) => !session && this.#end()));
    const projectId = computed(() => place.value.projectId);
    this.scope.watch(projectId, (id) => void this.#enter(id));
    this.scope.watch(place, (where) => this.projects.remember(where));
    const online = computed(() => this.connection.state.value.status === 'online');
    this.scope.watch(online, (is) => is && this.#onOnline());
    this.connection.start();
  }

  /** Opens the project of the address once more, after it failed. */
  retry(): void {
    void this.#enter(place.peek().projectId);
  }

  /** Ends the visit; what is unsaved waits in the outbox of this browser for the same user. */
  async close(): Promise<void> {
    this.scope.dispose();
    this.#leave();
    await this.connection.close();
  }

  #end(): void {
    this.#signedOut.value = true;
  }

  #onOnline(): void {
    const stage = this.#stage.peek();
    if (stage.kind === 'failed' && stage.offline) this.retry();
    this.projects.load().catch(tellError);
    this.profile.load().catch(tellError);
    this.assistance.load().catch(tellError);
  }

  #leave(): void {
    this.workplace.peek()?.close();
  }

  async #enter(projectId: string | undefined): Promise<void> {
    this.#leave();
    this.#stage.value = { kind: 'opening' };
    const current = () => !this.scope.disposed && place.peek().projectId === projectId;
    try {
      if (!projectId) {
        const preferred = await this.projects.preferred();
        if (!current()) return;
        if (preferred) go({ projectId: preferred }, 'replace');
        else this.#stage.value = { kind: 'no-projects' };
        return;
      }
      const { client } = this.connection;
      const workplace = await Workplace.open(projectId, client, this.api, this.user.id);
      if (!current()) return workplace.close();
      this.#stage.value = { kind: 'open', workplace };
      workplace.project.scope.watch(workplace.project.gone, (gone) => gone && this.#onGone(gone, workplace));
      workplace.goSomewhere(this.projects.lastDocument(projectId));
    } catch (error) {
      if (!current()) return;
      const offline = error instanceof TandemError && error.code === 'unreachable';
      this.#stage.value = { kind: 'failed', message: messageOf(error), offline };
    }
  }

  #onGone(gone: 'deleted' | 'removed', { project }: Workplace): void {
    const name = project.name.peek();
    tell(gone === 'deleted' ? `The project ${name} was deleted` : `You are no longer a member of ${name}`);
    go({}, 'replace');
  }
}
