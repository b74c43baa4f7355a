import { type TandemApi, TandemError } from '@tandem/protocol/client';
import type { PersonalToken, Scope, User } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { secondStep } from '../session/second-step.js';
import { button, field, select, whileBusy } from '../ui/controls.js';
import { copyFrom } from '../ui/copy.js';
import { messageOf, tellError } from '../ui/toasts.js';
import { timeWords } from './time-words.js';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['read', 'See projects and files'],
  ['write', 'Change projects and files'],
  ['ai', 'Ask for suggestions and analysis'],
  ['account', 'Change the account'],
];

const LIVES = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;

/** Personal access tokens: the list, and the form that makes one and shows it once. */
export function tokenSettings(api: TandemApi, user: User): HTMLElement {
  const list = h('ul', { class: 'sessions', 'aria-label': 'Tokens' });
  const made = h('div', {});
  const reload = async () => {
    const tokens = await api.sessions.tokens();
    list.replaceChildren(...tokens.map((token) => tokenRow(token, () => revoke(token))));
  };
  const revoke = async ({ id }: PersonalToken) => {
    await api.sessions.revokeToken(id).catch(tellError);
    await reload();
  };
  const show = (token: string) => {
    made.replaceChildren(shownOnce(token));
    return reload();
  };
  reload().catch((error: unknown) => list.replaceChildren(h('li', { class: 'problem' }, messageOf(error))));
  return h(
    'div',
    { class: 'stack', 'data-testid': 'token-settings' },
    h('p', { class: 'hint' }, 'Personal access tokens let your programs in under your name, without your password.'),
    list,
    made,
    newToken(api, user, show),
  );
}

function tokenRow(token: PersonalToken, revoke: () => Promise<void>): HTMLElement {
  const { name, hint, scopes, expiresAt, lastUsedAt } = token;
  const facts = [
    `${hint}…`,
    scopes.join(', '),
    expiresAt > Date.now() ? `ends ${timeWords(expiresAt)}` : 'has ended',
    lastUsedAt === null ? 'never used' : `last used ${timeWords(lastUsedAt)}`,
  ];
  const control = button('Revoke', { testId: 'revoke-token', onClick: () => void whileBusy(control, revoke) });
  control.setAttribute('aria-label', `Revoke ${name}`);
  return h(
    'li',
    { class: 'session', 'data-testid': 'token', 'data-name': name },
    h('div', { class: 'member-name' }, h('strong', {}, name), h('span', { class: 'hint' }, facts.join(' · '))),
    control,
  );
}

function shownOnce(token: string): HTMLElement {
  const shown = h('input', {
    type: 'text',
    readonly: true,
    value: token,
    'data-testid': 'new-token-value',
    on: { focus: () => shown.select() },
  });
  return field('Your new token', shown, 'Copy it now: it is not shown again.', [
    button('Copy', { icon: 'copy', onClick: () => copyFrom(shown) }),
  ]);
}

function newToken(api: TandemApi, user: User, show: (token: string) => Promise<void>): HTMLFormElement {
  const name = h('input', {
    type: 'text',
    required: true,
    maxlength: 80,
    placeholder: 'What it is for',
    autocomplete: 'off',
    'data-testid': 'token-name',
  });
  const life = select(LIVES, '90', { 'data-testid': 'token-life' });
  const boxes = SCOPES.map(([scope, words]) => {
    const box = h('input', {
      type: 'checkbox',
      value: scope,
      checked: scope === 'read',
      'data-testid': `scope-${scope}`,
    });
    return { scope, box, label: h('label', { class: 'check' }, box, words) };
  });
  const password = h('input', { type: 'password', autocomplete: 'current-password', 'data-testid': 'token-password' });
  const again = field('Your password', password, 'You have been signed in for a while: say once more that it is you.');
  again.hidden = true;
  const step = secondStep(api, 'token-second-factor');
  const problem = h('p', { class: 'problem', role: 'alert' });
  const submit = button('Make token', { kind: 'primary', type: 'submit', testId: 'make-token' });

  const make = async () => {
    const scopes = boxes.flatMap(({ scope, box }) => (box.checked ? [scope] : []));
    if (scopes.length === 0) throw new Error('Choose what the token is for');
    if (!again.hidden) await step.logIn({ email: user.email ?? '', password: password.value });
    const { token } = await api.sessions.createToken({
      name: name.value,
      scopes,
      expiresInDays: Number(life.value),
    });
    form.reset();
    again.hidden = true;
    await show(token);
  };
  const form = h(
    'form',
    {
      class: 'stack',
      on: {
        submit: (event) => {
          event.preventDefault();
          problem.textContent = '';
          whileBusy(submit, make).catch((error: unknown) => {
            problem.textContent = messageOf(error);
            if (!(error instanceof TandemError) || error.code !== 'fresh_sign_in_required') return;
            again.hidden = false;
            password.focus();
          });
        },
      },
    },
    field('New token', name),
    h('div', { class: 'checks', role: 'group', 'aria-label': 'Scopes' }, ...boxes.map(({ label }) => label)),
    field('Ends after', life),
    again,
    step.element,
    problem,
    h('div', {}, submit),
  );
  return form;
}
