import type { TandemApi } from '@tandem/protocol/client';
import type { Session, User } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { button, whileBusy } from '../ui/controls.js';
import { confirm } from '../ui/dialog.js';
import { messageOf, tellError } from '../ui/toasts.js';
import { timeWords } from './time-words.js';
import { tokenSettings } from './token-settings.js';

const KINDS: Record<string, string> = {
  password: 'by password',
  register: 'when the account was made',
  link: 'by a link',
  oidc: 'by another service',
};

/** The part of the settings about where one is signed in, and the tokens of one's programs. */
export function sessionSettings(api: TandemApi, user: User): HTMLElement {
  const list = h('ul', { class: 'sessions', 'aria-label': 'Sessions' }, h('li', { class: 'hint' }, 'Loading…'));
  const others = button('Sign out everywhere else', { testId: 'end-other-sessions', onClick: () => void endOthers() });
  others.hidden = true;

  const reload = async () => {
    const sessions = await api.sessions.list();
    list.replaceChildren(...sessions.map((session) => sessionRow(session, () => end(session))));
    others.hidden = sessions.length < 2;
  };
  const end = async (session: Session) => {
    if (session.isCurrent && !(await sureToLeave())) return;
    await api.sessions.end(session.id).catch(tellError);
    // Who has ended his own has nobody to ask as.
    if (!session.isCurrent) await reload();
    else await api.logout().catch(() => {});
  };
  const endOthers = async () => {
    await whileBusy(others, () => api.sessions.endAll({ exceptCurrent: true })).catch(tellError);
    await reload();
  };
  reload().catch((error: unknown) => list.replaceChildren(h('li', { class: 'problem' }, messageOf(error))));

  return h(
    'fieldset',
    { class: 'settings', 'data-testid': 'session-settings' },
    h('legend', {}, 'Sessions and tokens'),
    list,
    h('div', {}, others),
    // A guest is somebody for a while: what would live longer than he does is not for him.
    user.kind === 'person' && tokenSettings(api, user),
  );
}

function sureToLeave(): Promise<boolean> {
  return confirm({
    title: 'Sign out here',
    text: 'This page is signed out at once. What was not saved waits in this browser until you sign in again.',
    confirm: 'Sign out',
    danger: true,
  });
}

function sessionRow(session: Session, end: () => Promise<void>): HTMLElement {
  const { agent, kind, address, createdAt, lastUsedAt, isCurrent } = session;
  const facts = [
    address,
    `signed in ${timeWords(createdAt)}${kind ? `, ${KINDS[kind] ?? kind}` : ''}`,
    `last used ${timeWords(lastUsedAt)}`,
  ];
  const revoke = button('Sign out', { testId: 'end-session', onClick: () => void whileBusy(revoke, end) });
  revoke.setAttribute('aria-label', `Sign out: ${agent ?? 'unknown program'}`);
  return h(
    'li',
    { class: 'session', 'data-testid': 'session', 'data-current': isCurrent },
    h(
      'div',
      { class: 'member-name' },
      h('strong', {}, agent ?? 'Unknown program', isCurrent && h('span', { class: 'chip' }, 'this one')),
      h('span', { class: 'hint' }, facts.filter(Boolean).join(' · ')),
    ),
    revoke,
  );
}
