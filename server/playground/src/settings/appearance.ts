import { effect } from '../base/signal.js';
import { darkTheme, ideSettings } from './settings.js';

/** Puts theme and font of the settings on the page; the style sheets do the rest. */
export function followAppearance(page: HTMLElement): void {
  effect(() => {
    page.dataset.theme = darkTheme.value ? 'dark' : 'light';
  });
  effect(() => {
    const { fontFamily, fontSize } = ideSettings.value;
    page.style.setProperty('--editor-size', `${fontSize}px`);
    // Through the typed style API: whatever is typed into the field can be a font name and nothing else.
    if (fontFamily === '') page.style.removeProperty('--editor-font');
    else page.style.setProperty('--editor-font', `${quoted(fontFamily)}, var(--mono)`);
  });
}

/** Each name of the list in quotes, except the generic families, which must stay words. */
function quoted(families: string): string {
  return families
    .split(',')
    .map((name) => name.trim().replace(/^["']|["']$/g, ''))
    .filter((name) => name !== '')
    .map((name) => (/^(ui-)?(monospace|serif|sans-serif)$/.test(name) ? name : JSON.stringify(name)))
    .join(', ');
}
