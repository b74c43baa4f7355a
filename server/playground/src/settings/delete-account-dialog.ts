import type { TandemApi } from '@tandem/protocol/client';
import type { Account, AccountDeletion } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { button, field, whileBusy } from '../ui/controls.js';
import { type Dialog, openDialog } from '../ui/dialog.js';
import { messageOf } from '../ui/toasts.js';
import { proof } from './proof.js';

/** Says what goes and what stays, and wants it typed. */
export function openDeleteAccount(api: TandemApi, account: Account): void {
  openDialog({
    title: 'Delete your account',
    testId: 'delete-account-dialog',
    body: (dialog) => {
      const body = h('div', { class: 'stack' }, h('p', { class: 'hint' }, 'Loading…'));
      api.account.deletion().then(
        (plan) => body.replaceChildren(...question(api, account, plan, dialog)),
        (error: unknown) => body.replaceChildren(h('p', { class: 'problem', role: 'alert' }, messageOf(error))),
      );
      return [body];
    },
  });
}

function question(api: TandemApi, account: Account, { deletes, handOver }: AccountDeletion, dialog: Dialog): Node[] {
  const names = (projects: readonly { name: string }[]) =>
    h('ul', {}, ...projects.map(({ name }) => h('li', {}, name)));
  if (handOver.length > 0) {
    return [
      h(
        'p',
        { 'data-testid': 'hand-over' },
        'Others work in these projects, and you are their last owner. Make somebody else an owner, or delete them, first:',
      ),
      names(handOver),
      h('div', { class: 'dialog-actions inline' }, button('Close', { onClick: dialog.close })),
    ];
  }
  const word = account.email ?? account.displayName;
  const typed = h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', 'data-testid': 'delete-word' });
  const again = proof(account, 'delete-password');
  const problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'delete-problem' });
  const submit = button('Delete my account', { kind: 'danger', type: 'submit', testId: 'confirm-delete-account' });
  submit.disabled = true;
  typed.addEventListener('input', () => {
    submit.disabled = typed.value.trim() !== word;
  });
  const send = async () => {
    await again.with((currentPassword) => api.account.delete(currentPassword));
    dialog.close();
    // There is nobody any more whom the server could sign out.
    await api.logout().catch(() => {});
    location.reload();
  };
  return [
    h('p', {}, 'This cannot be taken back. You leave your projects; what you wrote in them stays, by “Deleted user”.'),
    ...(deletes.length > 0
      ? [h('p', {}, 'Nobody else is in these projects, so they are deleted:'), names(deletes)]
      : []),
    h(
      'form',
      {
        class: 'stack',
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
      field(`Type “${word}” to go on`, typed),
      again.element,
      problem,
      h('div', { class: 'dialog-actions inline' }, button('Cancel', { onClick: dialog.close }), submit),
    ),
  ];
}
