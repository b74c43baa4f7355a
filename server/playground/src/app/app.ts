import { TandemError } from '@tandem/protocol';
import { TandemApi } from '@tandem/protocol/client';
import { Scope } from '../base/scope.js';
import { answerInvitation, receiveInvitation, wordsOf } from '../session/invitation.js';
import { type MailLink, takeLinkToken, takeMailLink } from '../session/link-token.js';
import { mailLinkPage } from '../session/mail-link-page.js';
import { type ProviderReturn, takeProviderReturn } from '../session/provider-return.js';
import { playgroundSessionStore } from '../session/session-store.js';
import { signInPage } from '../session/sign-in-page.js';
import { confirm } from '../ui/dialog.js';
import { messageOf, tell, tellError } from '../ui/toasts.js';
import type { Desk } from './desk.js';
import { openingStage } from './empty-stages.js';
import { go, parsePlace } from './router.js';

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
    const back = takeProviderReturn();
    if (back !== undefined) {
      await this.#returned(back);
      return true;
    }
    if (await this.#receiveInvitation()) return true;
    const mailLink = takeMailLink();
    if (mailLink !== undefined) {
      await this.#followMailLink(mailLink);
      return true;
    }
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

  /** The browser is back from an identity provider. */
  async #returned(back: ProviderReturn): Promise<void> {
    if (back.kind === 'signed-in') {
      const { code, browserKey } = back;
      await this.#leave();
      this.#show(openingStage());
      try {
        const { next } = await this.#api.identities.finish({ code, browserKey });
        goOn(next);
      } catch (error) {
        return this.#askToSignIn(`${messageOf(error)}.`);
      }
      return this.#enter();
    }
    if (!this.#api.session) return this.#askToSignIn(back.kind === 'failed' ? back.words : undefined);
    try {
      if (back.kind === 'failed') throw new Error(back.words);
      const { code, browserKey } = back;
      const { providerName, next } = await this.#api.identities.finishLink({ code, browserKey });
      goOn(next);
      tell(`You can sign in with ${providerName} from now on.`);
    } catch (error) {
      tellError(error);
    }
    await this.#enter();
  }

  /** Who is not signed in, or is a guest, signs in first. */
  async #receiveInvitation(): Promise<boolean> {
    try {
      const offer = await receiveInvitation(this.#api);
      if (offer === undefined) return false;
      await this.#leave();
      if (this.#api.session && this.#api.session.user.email !== null) await this.#enter();
      else this.#askToSignIn(`${wordsOf(offer)}. Sign in, or create an account, to join.`);
    } catch (error) {
      if (this.#desk) tellError(error);
      else if (this.#api.session) await this.#enter().then(() => tellError(error));
      else this.#askToSignIn(`${messageOf(error)}. Ask for a new one.`);
    }
    return true;
  }

  async #answerInvitation(): Promise<void> {
    try {
      const projectId = await answerInvitation(this.#api);
      if (projectId === undefined) return;
      await this.#desk?.projects.load();
      go({ projectId });
    } catch (error) {
      tellError(error);
    }
  }

  async #followMailLink(link: MailLink): Promise<void> {
    await this.#leave();
    const onDone = async (notice: string) => {
      // The address, or that it is confirmed, stands in what is known of who is signed in; a new password has ended it.
      const isSignedIn = await this.#api.accessToken({ fresh: true }).then(Boolean, () => false);
      if (!isSignedIn) return this.#askToSignIn(notice);
      await this.#enter();
      tell(notice);
    };
    const onSignedIn = () => void this.#enter();
    this.#show(mailLinkPage({ api: this.#api, link, onSignedIn, onDone: (notice) => void onDone(notice) }));
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
    void this.#answerInvitation();
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
    // They lie above whatever page comes next.
    for (const dialog of document.querySelectorAll('dialog[open]')) (dialog as HTMLDialogElement).close();
    await desk?.close();
  }

  #show(view: HTMLElement): void {
    this.root.replaceChildren(view);
  }
}

/** To where the page was left for a provider. The server takes only paths of the page, and of those only places are followed. */
function goOn(next: string | undefined): void {
  if (next !== undefined) go(parsePlace(new URL(next, location.origin).hash), 'replace');
}
