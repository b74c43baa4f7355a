import { ERRORS } from '@tandem/protocol';
import { h } from '../base/dom.js';
import { button } from '../ui/controls.js';
import { copyFrom } from '../ui/copy.js';
import { openDialog } from '../ui/dialog.js';
import type { Kept } from '../workspace/open-document.js';

/**
 * A text that the server will not take, as its author saw it last. Closing the dialog keeps it: the status line leads
 * back to it, and the next visit shows it again. Only `Discard` lets it go.
 */
export function openKeptDialog(path: string, kept: Kept, discard: () => void): void {
  const text = h('textarea', {
    class: 'kept-text',
    readonly: true,
    'aria-label': 'Your text',
    'data-testid': 'kept-text',
  });
  text.value = kept.text;
  const dialog = openDialog({
    title: 'Your text was not stored',
    testId: 'kept-dialog',
    wide: true,
    body: () => [
      h('p', {}, h('strong', {}, path), `: ${ERRORS[kept.reason].message}.`),
      h(
        'p',
        { class: 'hint' },
        'The editor shows what is stored. Below is the text as you saw it; copy what you need from it.',
      ),
      kept.truncated && h('p', { class: 'hint' }, 'It was too long to be kept whole: this is its beginning.'),
      text,
    ],
    actions: (dialog) => [
      button('Discard', {
        kind: 'danger',
        onClick: () => {
          // Closed first: an older text may come up in its place.
          dialog.close();
          discard();
        },
      }),
      button('Copy text', {
        kind: 'primary',
        icon: 'copy',
        testId: 'copy-kept',
        onClick: () => copyFrom(text),
      }),
    ],
  });
  dialog.element.querySelector<HTMLElement>('[data-testid="copy-kept"]')?.focus();
}
