import { h, setText } from '../base/dom.js';

let region: HTMLElement | undefined;

/** Spoken by a screen reader when it has said what it is saying; the newest words replace older ones. */
export function sayPolitely(words: string): void {
  region ??= h('div', { class: 'sr-only', 'aria-live': 'polite', 'data-testid': 'spoken' });
  if (!region.isConnected) document.body.append(region);
  setText(region, words);
}
