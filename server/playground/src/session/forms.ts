import { h, setText } from '../base/dom.js';
import { field, whileBusy } from '../ui/controls.js';
import { messageOf } from '../ui/toasts.js';

const PASSWORD_MIN = 15;

export const emailInput = (): HTMLInputElement =>
  h('input', { type: 'email', required: true, maxlength: 254, autocomplete: 'username', 'data-testid': 'email' });

export const passwordInput = (autocomplete: 'current-password' | 'new-password', testId = 'password') =>
  h('input', { type: 'password', required: true, maxlength: 256, autocomplete, 'data-testid': testId });

/** A password to be chosen: the rule stands below it, and counts along. */
export function newPassword(label: string, testId = 'password'): { input: HTMLInputElement; element: HTMLElement } {
  const input = passwordInput('new-password', testId);
  const count = h('span', { class: 'count' });
  const rule = h(
    'span',
    { class: 'rule' },
    `At least ${PASSWORD_MIN} characters; a sentence is easy to remember. `,
    count,
  );
  const judge = () => {
    const { length } = input.value.normalize('NFC');
    setText(count, length === 0 ? '' : `${length} / ${PASSWORD_MIN}`);
    rule.classList.toggle('met', length >= PASSWORD_MIN);
    input.setCustomValidity(length < PASSWORD_MIN ? `The password needs at least ${PASSWORD_MIN} characters` : '');
  };
  input.addEventListener('input', judge);
  judge();
  return { input, element: field(label, input, rule) };
}

/** A form that says below its fields why what it sent was refused. */
export function form(
  testId: string,
  submit: HTMLButtonElement,
  fields: (HTMLElement | undefined)[],
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
