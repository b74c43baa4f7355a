import type { TandemApi } from '@tandem/protocol/client';
import { h } from '../base/dom.js';
import { button, field } from '../ui/controls.js';
import { emailInput, form } from './forms.js';

/** Asks for the mail with which to choose a new password; what it says does not tell whether there is an account. */
export function forgotPasswordForm(api: TandemApi, known: string): HTMLElement {
  const email = emailInput();
  email.value = known;
  const submit = button('Send a link', { kind: 'primary', type: 'submit', testId: 'send-reset' });
  const fields = [field('E-mail', email, 'We send a link there with which you choose a new password.')];
  const element = form('forgot-password-form', submit, fields, async () => {
    await api.account.requestPasswordReset(email.value);
    element.replaceChildren(
      h(
        'p',
        { role: 'status', 'data-testid': 'reset-sent' },
        `If ${email.value} has an account here, a link is on its way. It works for 30 minutes.`,
      ),
    );
  });
  return element;
}
