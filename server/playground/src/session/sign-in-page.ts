import type { TandemApi } from '@tandem/protocol/client';
import { h, setText } from '../base/dom.js';
import { button, field, whileBusy } from '../ui/controls.js';
import { icon, logo } from '../ui/icons.js';
import { messageOf } from '../ui/toasts.js';

const PASSWORD_MIN = 15;

interface SignInOptions {
  api: TandemApi;
  /** Why the page is shown, when nobody asked for it: an expired link, an ended session. */
  notice?: string;
  onSignedIn: () => void;
}

/** One page, two forms: sign in, or create an account. */
export function signInPage(options: SignInOptions): HTMLElement {
  const body = h('div', { class: 'sign-in-form' });
  const signInTab = tab('Sign in', () => show('sign-in'));
  const registerTab = tab('Create account', () => show('register'));
  const show = (which: 'sign-in' | 'register') => {
    const form = which === 'sign-in' ? signInForm(options) : registerForm(options);
    body.replaceChildren(form);
    signInTab.setAttribute('aria-pressed', String(which === 'sign-in'));
    registerTab.setAttribute('aria-pressed', String(which === 'register'));
    form.querySelector('input')?.focus();
  };
  const page = h(
    'main',
    { class: 'sign-in', 'data-testid': 'sign-in-page' },
    h(
      'div',
      { class: 'sign-in-card' },
      h('header', { class: 'brand' }, logo(), h('h1', {}, 'Tandem')),
      h('p', { class: 'lead' }, 'Write code together. What anybody has seen is saved.'),
      options.notice && h('p', { class: 'notice', role: 'status' }, icon('info'), options.notice),
      h(
        'div',
        { class: 'segments', role: 'group', 'aria-label': 'Sign in or create an account' },
        signInTab,
        registerTab,
      ),
      body,
    ),
  );
  show('sign-in');
  // Once it is in the page: an element outside of it takes no focus.
  queueMicrotask(() => body.querySelector('input')?.focus());
  return page;

  function tab(label: string, onClick: () => void): HTMLButtonElement {
    return h('button', { type: 'button', class: 'segment', on: { click: onClick } }, label);
  }
}

function signInForm({ api, onSignedIn }: SignInOptions): HTMLFormElement {
  const email = emailInput();
  const password = passwordInput('current-password');
  const submit = button('Sign in', { kind: 'primary', type: 'submit', testId: 'sign-in' });
  return form('sign-in-form', submit, [field('E-mail', email), field('Password', password)], async () => {
    await api.login({ email: email.value, password: password.value });
    onSignedIn();
  });
}

function registerForm({ api, onSignedIn }: SignInOptions): HTMLFormElement {
  const name = h('input', {
    type: 'text',
    required: true,
    maxlength: 80,
    autocomplete: 'name',
    'data-testid': 'display-name',
  });
  const email = emailInput();
  const password = passwordInput('new-password');
  const count = h('span', { class: 'count' });
  const rule = h(
    'span',
    { class: 'rule' },
    `At least ${PASSWORD_MIN} characters; a sentence is easy to remember. `,
    count,
  );
  const judge = () => {
    const { length } = password.value.normalize('NFC');
    setText(count, length === 0 ? '' : `${length} / ${PASSWORD_MIN}`);
    rule.classList.toggle('met', length >= PASSWORD_MIN);
    password.setCustomValidity(length < PASSWORD_MIN ? `The password needs at least ${PASSWORD_MIN} characters` : '');
  };
  password.addEventListener('input', judge);
  judge();
  const submit = button('Create account', { kind: 'primary', type: 'submit', testId: 'register' });
  const fields = [
    field('Your name, as others see it', name),
    field('E-mail', email),
    field('Password', password, rule),
  ];
  return form('register-form', submit, fields, async () => {
    await api.register({ email: email.value, password: password.value, displayName: name.value });
    onSignedIn();
  });
}

const emailInput = () =>
  h('input', { type: 'email', required: true, maxlength: 254, autocomplete: 'username', 'data-testid': 'email' });

const passwordInput = (autocomplete: string) =>
  h('input', { type: 'password', required: true, maxlength: 256, autocomplete, 'data-testid': 'password' });

function form(
  testId: string,
  submit: HTMLButtonElement,
  fields: HTMLElement[],
  send: () => Promise<void>,
): HTMLFormElement {
  const problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'sign-in-problem' });
  return h(
    'form',
    {
      class: 'stack',
      'data-testid': testId,
      on: {
        submit: (event) => {
          event.preventDefault();
          problem.textContent = '';
          whileBusy(submit, send).catch((error: unknown) => {
            problem.textContent = messageOf(error);
          });
        },
      },
    },
    ...fields,
    problem,
    submit,
  );
}
