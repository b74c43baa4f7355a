import type { TandemApi } from '@tandem/protocol/client';
import { h } from '../base/dom.js';
import { button, field } from '../ui/controls.js';
import { logo } from '../ui/icons.js';
import { form, newPassword, passwordInput } from './forms.js';
import type { MailLink } from './link-token.js';

interface MailLinkOptions {
  readonly api: TandemApi;
  readonly link: MailLink;
  /** A registration is finished: somebody is signed in. */
  readonly onSignedIn: () => void;
  /** All is done; `notice` tells it on the page that comes. */
  readonly onDone: (notice: string) => void;
}

/**
 * What the link of a mail does. Nothing happens before a press: programs that look into links of mails, as virus scanners do,
 * would use them up.
 */
export function mailLinkPage(options: MailLinkOptions): HTMLElement {
  const { title, text, form: fields } = PAGES[options.link.name](options);
  queueMicrotask(() => (fields.querySelector('input') ?? fields.querySelector('button'))?.focus());
  return h(
    'main',
    { class: 'sign-in', 'data-testid': 'mail-link-page' },
    h(
      'div',
      { class: 'sign-in-card' },
      h('header', { class: 'brand' }, logo(), h('h1', {}, title)),
      h('p', { class: 'lead' }, text),
      h('div', { class: 'sign-in-form' }, fields),
    ),
  );
}

interface Page {
  readonly title: string;
  readonly text: string;
  readonly form: HTMLFormElement;
}

const PAGES: Record<MailLink['name'], (options: MailLinkOptions) => Page> = {
  register: ({ api, link, onSignedIn }) => {
    const password = passwordInput('current-password');
    const submit = button('Open my account', { kind: 'primary', type: 'submit', testId: 'confirm-registration' });
    return {
      title: 'Welcome to Tandem',
      text: 'One step is left: the password that you chose.',
      form: form('confirm-registration-form', submit, [field('Password', password)], async () => {
        await api.confirmRegistration({ token: link.token, password: password.value });
        onSignedIn();
      }),
    };
  },
  verify: ({ api, link, onDone }) => {
    const submit = button('Confirm', { kind: 'primary', type: 'submit', testId: 'confirm-email' });
    return {
      title: 'Confirm your address',
      text: 'This address will be the one of your account.',
      form: form('confirm-email-form', submit, [], async () => {
        const { email } = await api.account.verifyEmail(link.token);
        onDone(`${email} is confirmed.`);
      }),
    };
  },
  reset: ({ api, link, onDone }) => {
    const password = newPassword('New password');
    const submit = button('Set password', { kind: 'primary', type: 'submit', testId: 'reset-password' });
    return {
      title: 'Choose a new password',
      text: 'You are signed out everywhere, and sign in with it.',
      form: form('reset-password-form', submit, [password.element], async () => {
        await api.account.resetPassword(link.token, password.input.value);
        onDone('Your new password holds. Sign in with it.');
      }),
    };
  },
};
