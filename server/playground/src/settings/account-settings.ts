import type { TandemApi } from '@tandem/protocol/client';
import type { Account } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { form, newPassword, passwordInput } from '../session/forms.js';
import { button, field, whileBusy } from '../ui/controls.js';
import { messageOf, tell, tellError } from '../ui/toasts.js';
import { openDeleteAccount } from './delete-account-dialog.js';
import { proof } from './proof.js';

/** The part of the settings about oneself: name, address, password, and how to take all of it along or away. */
export function accountSettings(api: TandemApi): HTMLElement {
  const body = h('div', { class: 'stack' }, h('p', { class: 'hint' }, 'Loading…'));
  const show = async () => {
    const account = await api.account.get();
    body.replaceChildren(
      nameForm(api, account),
      ...(account.kind === 'person' ? [emailForm(api, account, reload), passwordForm(api, account, reload)] : []),
      leaving(api, account),
    );
  };
  const reload = () =>
    show().catch((error: unknown) => body.replaceChildren(h('p', { class: 'problem' }, messageOf(error))));
  void reload();
  return h('fieldset', { class: 'settings', 'data-testid': 'account-settings' }, h('legend', {}, 'Account'), body);
}

function nameForm(api: TandemApi, { displayName }: Account): HTMLFormElement {
  const name = h('input', {
    type: 'text',
    value: displayName,
    required: true,
    maxlength: 80,
    autocomplete: 'name',
    'data-testid': 'account-name',
  });
  const submit = button('Save name', { type: 'submit', testId: 'save-name' });
  return form('name-form', submit, [field('Name', name)], async () => {
    await api.account.rename(name.value);
    // Tokens carry the name to the sockets.
    await api.accessToken({ fresh: true });
    tell('Others see your new name; this page does when it is loaded again.');
  });
}

function emailForm(api: TandemApi, account: Account, reload: () => Promise<void>): HTMLElement {
  const email = h('input', {
    type: 'email',
    value: account.email ?? '',
    required: true,
    maxlength: 254,
    autocomplete: 'email',
    'data-testid': 'account-email',
  });
  const state = h('p', { class: 'hint', 'data-testid': 'email-state' }, emailWords(account));
  const submit = button('Change address', { type: 'submit', testId: 'change-email' });
  const again = proof(account, 'email-password');
  const element = form('email-form', submit, [field('E-mail', email), state, again.element], async () => {
    const { status } = await again.with((currentPassword) =>
      api.account.changeEmail({ email: email.value, ...currentPassword }),
    );
    tell(status === 'changed' ? 'Your address is changed.' : `Open the link that we have sent to ${email.value}.`);
    await reload();
  });
  if (account.mail && account.email !== null && !account.emailVerified) element.append(resend(api, account.email));
  return element;
}

function emailWords({ email, emailVerified, pendingEmail, mail }: Account): string {
  if (pendingEmail !== null) return `${pendingEmail} waits to be confirmed: open the link in the mail to it.`;
  if (email === null) return 'None: with one, and a password, you can sign in here without another service.';
  if (emailVerified) return 'Confirmed.';
  return mail ? 'Not confirmed yet.' : 'This server sends no mail, so it cannot be confirmed.';
}

function resend(api: TandemApi, email: string): HTMLButtonElement {
  const control = button('Send the mail to confirm it', {
    testId: 'send-verification',
    onClick: () =>
      void whileBusy(control, () => api.account.sendVerification()).then(
        () => tell(`Open the link that we have sent to ${email}.`),
        tellError,
      ),
  });
  return control;
}

function passwordForm(api: TandemApi, account: Account, reload: () => Promise<void>): HTMLElement | HTMLFormElement {
  const next = newPassword(account.hasPassword ? 'New password' : 'Password', 'new-password');
  const current = passwordInput('current-password', 'current-password');
  const submit = button(account.hasPassword ? 'Change password' : 'Set password', {
    type: 'submit',
    testId: 'change-password',
  });
  const fields = [account.hasPassword ? field('Password now', current) : undefined, next.element];
  return form('password-form', submit, fields, async () => {
    const password = next.input.value;
    await api.account.changePassword(account.hasPassword ? { password, currentPassword: current.value } : { password });
    tell('Your new password holds. Other sessions have ended.');
    await reload();
  });
}

function leaving(api: TandemApi, account: Account): HTMLElement {
  const take = button('Download my data', {
    testId: 'export-account',
    onClick: () => void whileBusy(take, () => download(api)).catch(tellError),
  });
  const end = button('Delete my account…', {
    kind: 'danger',
    testId: 'delete-account',
    onClick: () => openDeleteAccount(api, account),
  });
  return h('div', { class: 'input-row' }, take, end);
}

async function download(api: TandemApi): Promise<void> {
  const url = URL.createObjectURL(new Blob([await api.account.export()], { type: 'application/json' }));
  h('a', { href: url, download: 'tandem-export.json' }).click();
  URL.revokeObjectURL(url);
}
