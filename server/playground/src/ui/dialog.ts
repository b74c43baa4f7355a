import { type Child, h } from '../base/dom.js';
import { Scope } from '../base/scope.js';
import { button, iconButton } from './controls.js';

export interface Dialog {
  readonly element: HTMLDialogElement;
  /** Ends when the dialog is closed, whichever way. */
  readonly scope: Scope;
  close(): void;
}

interface DialogOptions {
  title: string;
  testId: string;
  body: (dialog: Dialog) => Child[];
  actions?: (dialog: Dialog) => Child[];
  wide?: boolean;
  /** As large as the page allows, for a text of its own. */
  full?: boolean;
}

/** A modal dialog: the native element keeps the focus inside, closes with Escape and gives the focus back. */
export function openDialog({ title, testId, body, actions, wide, full }: DialogOptions): Dialog {
  const size = full ? 'dialog full' : wide ? 'dialog wide' : 'dialog';
  const element = h('dialog', { class: size, 'aria-label': title, 'data-testid': testId });
  const scope = new Scope();
  const dialog: Dialog = { element, scope, close: () => element.close() };
  element.append(
    h(
      'header',
      { class: 'dialog-head' },
      h('h2', {}, title),
      iconButton('close', 'Close', () => element.close()),
    ),
    h('div', { class: 'dialog-body' }, ...body(dialog)),
  );
  const row = actions?.(dialog);
  if (row) element.append(h('footer', { class: 'dialog-actions' }, ...row));
  element.addEventListener('close', () => {
    scope.dispose();
    element.remove();
  });
  // A press that begins and ends on the backdrop closes; a selection dragged out of a field does not.
  let pressedOutside = false;
  element.addEventListener('pointerdown', (event) => {
    pressedOutside = event.target === element;
  });
  element.addEventListener('click', (event) => {
    if (pressedOutside && event.target === element) element.close();
  });
  document.body.append(element);
  element.showModal();
  return dialog;
}

interface Question {
  title: string;
  text: Child;
  confirm: string;
  danger?: boolean;
}

/** Asks before something that cannot be taken back; false when it is closed in any other way. */
export function confirm({ title, text, confirm: label, danger }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const { scope } = openDialog({
      title,
      testId: 'confirm-dialog',
      body: () => [h('p', {}, text)],
      actions: (dialog) => [
        button('Cancel', { onClick: dialog.close }),
        button(label, {
          kind: danger ? 'danger' : 'primary',
          testId: 'confirm',
          onClick: () => {
            answer = true;
            dialog.close();
          },
        }),
      ],
    });
    scope.add(() => resolve(answer));
  });
}

interface TextQuestion {
  title: string;
  label: string;
  value?: string;
  maxLength?: number;
  confirm: string;
  /** Rejecting keeps the dialog open and shows the message. */
  submit: (value: string) => Promise<void>;
}

/** Asks for one line of text. */
export function askText({ title, label, value = '', maxLength = 1024, confirm: action, submit }: TextQuestion): void {
  const input = h('input', { type: 'text', value, required: true, maxlength: maxLength, 'data-testid': 'ask-input' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const send = button(action, { kind: 'primary', type: 'submit', testId: 'ask-submit' });
  openDialog({
    title,
    testId: 'ask-dialog',
    body: (dialog) => [
      h(
        'form',
        {
          class: 'stack',
          on: {
            submit: (event) => {
              event.preventDefault();
              send.disabled = true;
              submit(input.value.trim())
                .then(dialog.close, (error: unknown) => {
                  problem.textContent = error instanceof Error ? error.message : String(error);
                  input.focus();
                })
                .finally(() => {
                  send.disabled = false;
                });
            },
          },
        },
        h('label', { class: 'field' }, h('span', {}, label), input),
        problem,
        h('div', { class: 'dialog-actions inline' }, button('Cancel', { onClick: dialog.close }), send),
      ),
    ],
  });
  input.focus();
  input.select();
}
