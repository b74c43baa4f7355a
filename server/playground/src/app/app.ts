import { TandemError } from '@tandem/protocol';
import { TandemApi } from '@tandem/protocol/client';
import { Scope } from '../base/scope.js';
import { takeLinkToken } from '../session/link-token.js';
import { playgroundSessionStore } from '../session/session-store.js';
import { signInPage } from '../session/sign-in-page.js';
import { confirm } from '../ui/dialog.js';
import { messageOf } from '../ui/toasts.js';
import type { Desk } from './desk.js';
import { openingStage } from './empty-stages.js';
import { go } from './router.js';

/** The page as a whole: signed out with a form, or signed in at a desk. */
export class App {
  readonly #api = new TandemApi({ url: location.origin, session: playgroundSessionStore() });
  readonly #scope = new Scope();
  #desk: Desk | undefined;

  constructor(private readonly root: HTMLElement) {}

  start(): void {
    this.#scope.listen(window, 'hashchange', () => void this.#followLink());
    this.#scope.listen<BeforeUnloadEvent>(window, 'beforeunload', (event) => {
      // The outbox keeps them, but only this browser can send them.
      if (this.#desk && this.#desk.connection.client.unsaved > 0) event.preventDefault();
    });
    void this.#followLink().then((wasLink) => {
      if (wasLink) return;
      if (this.#api.session) void this.#enter();
      else this.#askToSignIn();
    });
  }

  /** Signs a new guest in when the address holds the token of a printed link. */
  async #followLink(): Promise<boolean> {
    const token = takeLinkToken();
    if (token === undefined) return false;
    await this.#leave();
    this.#show(openingStage());
    try {
      const { projectId, documentId } = await this.#api.link({ token });
      go({ projectId, documentId }, 'replace');
    } catch (error) {
      const isOld = error instanceof TandemError && error.code === 'link_expired';
      this.#askToSignIn(`${messageOf(error)}.${isOld ? ' The server prints a new one each time it starts.' : ''}`);
      return true;
    }
    await this.#enter();
    return true;
  }

  async #enter(): Promise<void> {
    const user = this.#api.session?.user;
    if (!user) return this.#askToSignIn();
    this.#show(openingStage());
    // Apart from the sign-in form, which is there without waiting for an editor.
    const parts = Promise.all([import('./desk.js'), import('./shell.js')]);
    try {
      // Refreshes an old session first: one that the server has ended is found out before the page is built.
      await this.#api.accessToken();
    } catch (error) {
      if (error instanceof TandemError && error.retry === 'never') {
        return this.#askToSignIn('Your session has ended. Sign in again to go on.');
      }
    }
    const [{ Desk }, { shell }] = await parts;
    this.#desk = new Desk(this.#api, user);
    this.#show(
      shell(this.#desk, { onSignOut: () => void this.#signOut(), onSignInAgain: () => void this.#signInAgain() }),
    );
  }

  #askToSignIn(notice?: string): void {
    document.title = 'Sign in · Tandem';
    this.#show(signInPage({ api: this.#api, notice, onSignedIn: () => void this.#enter() }));
  }

  async #signInAgain(): Promise<void> {
    await this.#leave();
    this.#askToSignIn();
  }

  async #signOut(): Promise<void> {
    const unsaved = this.#desk?.connection.client.unsaved ?? 0;
    const sure =
      unsaved === 0 ||
      (await confirm({
        title: 'Sign out with edits waiting?',
        text: 'Some edits have not reached the server. They stay in this browser and go out when you sign in here again.',
        confirm: 'Sign out',
      }));
    if (!sure) return;
    await this.#leave();
    go({}, 'replace');
    this.#askToSignIn();
    // Signed out here in any case; a server that cannot be told lets the session run out.
    await this.#api.logout().catch(() => {});
  }

  async #leave(): Promise<void> {
    const desk = this.#desk;
    this.#desk = undefined;
    await desk?.close();
  }

  #show(view: HTMLElement): void {
    this.root.replaceChildren(view);
  }
}
