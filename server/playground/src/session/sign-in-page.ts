import type { TandemApi } from '@tandem/protocol/client';
import { h } from '../base/dom.js';
import { button, field } from '../ui/controls.js';
import { icon, logo } from '../ui/icons.js';
import { forgotPasswordForm } from './forgot-password.js';
import { emailInput, form, newPassword, passwordInput } from './forms.js';
import { providerButtons } from './providers.js';
import { secondStep } from './second-step.js';

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
      providerButtons(options.api),
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
  const forgot = button('Forgot password?', {
    testId: 'forgot-password',
    onClick: () => {
      const instead = forgotPasswordForm(api, email.value);
      element.replaceWith(instead);
      instead.querySelector('input')?.focus();
    },
  });
  const step = secondStep(api, 'second-factor');
  const fields = [field('E-mail', email), field('Password', password), step.element];
  const element = form('sign-in-form', submit, fields, async () => {
    await step.logIn({ email: email.value, password: password.value });
    onSignedIn();
  });
  element.append(forgot);
  return element;
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
  const password = newPassword('Password');
  const submit = button('Create account', { kind: 'primary', type: 'submit', testId: 'register' });
  const fields = [field('Your name, as others see it', name), field('E-mail', email), password.element];
  const element = form('register-form', submit, fields, async () => {
    const body = { email: email.value, password: password.input.value, displayName: name.value };
    if (await api.register(body)) return onSignedIn();
    element.replaceChildren(
      h(
        'p',
        { role: 'status', 'data-testid': 'registration-sent' },
        `We have sent a mail to ${email.value}. Open the link in it to go on.`,
      ),
    );
  });
  return element;
}
