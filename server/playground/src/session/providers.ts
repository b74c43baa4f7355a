import { newBrowserKey, type TandemApi } from '@tandem/protocol/client';
import type { SignInProvider } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { writeStored } from '../base/storage.js';
import { button, whileBusy } from '../ui/controls.js';
import { messageOf } from '../ui/toasts.js';

/** Of this tab alone: what the provider sends back is good only where it was asked for. */
export const BROWSER_KEY = 'tandem.browser-key';

/** Leaves the page for the provider; `link`: for another way to sign in to the account of who is signed in. */
export async function goToProvider(api: TandemApi, { id }: SignInProvider, link = false): Promise<void> {
  const browserKey = newBrowserKey();
  writeStored(sessionStorage, BROWSER_KEY, browserKey);
  const body = { browserKey, next: location.pathname + location.search + location.hash };
  location.assign(await (link ? api.identities.startLink(id, body) : api.identities.start(id, body)));
}

/** A button for each provider, once it is known which there are; nothing where there is none. */
export function providerButtons(api: TandemApi): HTMLElement {
  const problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'provider-problem' });
  const list = h('div', { class: 'providers', hidden: true });
  const show = (providers: readonly SignInProvider[]) => {
    list.append(h('p', { class: 'or' }, 'or'), ...providers.map(providerButton), problem);
    list.hidden = providers.length === 0;
  };
  const providerButton = (provider: SignInProvider) => {
    const control = button(`Continue with ${provider.name}`, {
      testId: `provider-${provider.id}`,
      onClick: () => {
        problem.textContent = '';
        whileBusy(control, () => goToProvider(api, provider)).catch((error: unknown) => {
          problem.textContent = messageOf(error);
        });
      },
    });
    return control;
  };
  // Passwords do without: a server that cannot say it now says why when somebody signs in.
  api.identities.providers().then(show, () => undefined);
  return list;
}
