import { TandemError } from '@tandem/protocol';
import { h } from '../base/dom.js';
import { iconButton } from './controls.js';
import { icon } from './icons.js';

/** How long a message stays; errors stay until they are closed or three newer ones push them out. */
const SHOWN_MS = 5_000;
const MOST = 4;

let region: HTMLElement | undefined;

function toast(kind: 'info' | 'error', text: string): void {
  region ??= h('div', { class: 'toasts', popover: 'manual', 'data-testid': 'toasts' });
  if (!region.isConnected) document.body.append(region);
  const same = [...region.children].find((each) => each.querySelector('.toast-text')?.textContent === text);
  same?.remove();
  const element = h(
    'div',
    { class: `toast ${kind}`, role: kind === 'error' ? 'alert' : 'status', 'data-testid': 'toast' },
    icon(kind === 'error' ? 'alert' : 'info'),
    h('span', { class: 'toast-text' }, text),
    iconButton('close', 'Dismiss', () => dismiss(element)),
  );
  region.append(element);
  while (region.children.length > MOST) region.firstElementChild?.remove();
  // Shown anew each time: the top layer is ordered by time, and a message belongs above a dialog opened since.
  if (region.matches(':popover-open')) region.hidePopover();
  region.showPopover();
  if (kind === 'info') setTimeout(() => dismiss(element), SHOWN_MS);
}

function dismiss(element: HTMLElement): void {
  element.remove();
  if (region && region.children.length === 0 && region.matches(':popover-open')) region.hidePopover();
}

export const tell = (text: string): void => toast('info', text);

/** Shows why something did not work. A refusal carries words for its reader; anything else is our own fault. */
export function tellError(error: unknown): void {
  toast('error', messageOf(error));
  if (!(error instanceof TandemError)) console.error(error);
}

export function messageOf(error: unknown): string {
  if (error instanceof TandemError) return error.message;
  if (error instanceof TypeError) return 'The server cannot be reached';
  return error instanceof Error ? error.message : String(error);
}
