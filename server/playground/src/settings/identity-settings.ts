import type { TandemApi } from '@tandem/protocol/client';
import type { Identity, SignInProvider, User } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { goToProvider } from '../session/providers.js';
import { button, whileBusy } from '../ui/controls.js';
import { messageOf, tellError } from '../ui/toasts.js';
import { timeWords } from './time-words.js';

/** The part of the settings about other services that sign in to this account; nothing where there is none. */
export function identitySettings(api: TandemApi, user: User): HTMLElement | undefined {
  // A guest has no account that could be signed in to.
  if (user.kind === 'guest') return undefined;
  const list = h('ul', { class: 'sessions', 'aria-label': 'Linked sign-ins' });
  const more = h('div', { class: 'input-row' });
  const section = h(
    'fieldset',
    { class: 'settings', 'data-testid': 'identity-settings', hidden: true },
    h('legend', {}, 'Linked sign-ins'),
    list,
    more,
  );

  const show = async () => {
    const [identities, providers] = await Promise.all([api.identities.list(), api.identities.providers()]);
    section.hidden = identities.length + providers.length === 0;
    list.replaceChildren(...identities.map((identity) => identityRow(identity, () => unlink(identity))));
    more.replaceChildren(...providers.map((provider) => linkButton(api, provider, identities)));
  };
  const unlink = async ({ id }: Identity) => {
    await api.identities.unlink(id).catch(tellError);
    await show();
  };
  show().catch((error: unknown) => {
    section.hidden = false;
    list.replaceChildren(h('li', { class: 'problem' }, messageOf(error)));
  });
  return section;
}

function linkButton(api: TandemApi, provider: SignInProvider, linked: readonly Identity[]): HTMLButtonElement {
  const isLinked = linked.some(({ providerName }) => providerName === provider.name);
  const control = button(isLinked ? `Link another account of ${provider.name}` : `Link ${provider.name}`, {
    testId: `link-${provider.id}`,
    onClick: () => void whileBusy(control, () => goToProvider(api, provider, true)).catch(tellError),
  });
  return control;
}

function identityRow(identity: Identity, unlink: () => Promise<void>): HTMLElement {
  const { providerName, email, displayName, createdAt, lastUsedAt } = identity;
  const facts = [email ?? displayName, `linked ${timeWords(createdAt)}`, `last used ${timeWords(lastUsedAt)}`];
  const control = button('Unlink', { testId: 'unlink-identity', onClick: () => void whileBusy(control, unlink) });
  control.setAttribute('aria-label', `Unlink ${providerName}`);
  return h(
    'li',
    { class: 'session', 'data-testid': 'identity', 'data-provider': providerName },
    h(
      'div',
      { class: 'member-name' },
      h('strong', {}, providerName),
      h('span', { class: 'hint' }, facts.filter(Boolean).join(' · ')),
    ),
    control,
  );
}
