import { TandemError } from '@tandem/protocol';
import { h } from '../base/dom.js';
import { button, iconButton } from './controls.js';
import { icon } from './icons.js';

/** How long a message stays; errors stay until they are closed or three newer ones push them out. */
const SHOWN_MS = 5_000;
/** One that offers something leaves time to take it. */
const OFFERED_MS = 20_000;
const MOST = 4;

/** What can be done about a message. */
interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

let region: HTMLElement | undefined;

function toast(kind: 'info' | 'error', text: string, action?: ToastAction): void {
  region ??= h('div', { class: 'toasts', popover: 'manual', 'data-testid': 'toasts' });
  if (!region.isConnected) document.body.append(region);
  const same = [...region.children].find((each) => each.querySelector('.toast-text')?.textContent === text);
  same?.remove();
  const element = h(
    'div',
    { class: `toast ${kind}`, role: kind === 'error' ? 'alert' : 'status', 'data-testid': 'toast' },
    icon(kind === 'error' ? 'alert' : 'info'),
    h('span', { class: 'toast-text' }, text),
    action && actionButton(action, () => dismiss(element)),
    iconButton('close', 'Dismiss', () => dismiss(element)),
  );
  region.append(element);
  while (region.children.length > MOST) region.firstElementChild?.remove();
  // Shown anew each time: the top layer is ordered by time, and a message belongs above a dialog opened since.
  if (region.matches(':popover-open')) region.hidePopover();
  region.showPopover();
  if (kind === 'info') setTimeout(() => dismiss(element), action ? OFFERED_MS : SHOWN_MS);
}

function actionButton({ label, run }: ToastAction, dismissed: () => void): HTMLElement {
  const control = button(label, {
    testId: 'toast-action',
    onClick: () => {
      dismissed();
      run();
    },
  });
  control.classList.add('toast-action');
  return control;
}

function dismiss(element: HTMLElement): void {
  element.remove();
  if (region && region.children.length === 0 && region.matches(':popover-open')) region.hidePopover();
}

export const tell = (text: string, action?: ToastAction): void => toast('info', text, action);

/**
 * Shows why something did not work. A refusal carries words for its reader, where `words` says no more; anything else is our
 * own fault.
 */
export function tellError(error: unknown, words = messageOf(error)): void {
  toast('error', words);
  if (!(error instanceof TandemError)) console.error(error);
}

export function messageOf(error: unknown): string {
  if (error instanceof TandemError) return error.message;
  if (error instanceof TypeError) return 'The server cannot be reached';
  return error instanceof Error ? error.message : String(error);
}
