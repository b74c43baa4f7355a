import { h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import type { Readable, Signal } from '../base/signal.js';
import { button, whileBusy } from '../ui/controls.js';
import { tellError } from '../ui/toasts.js';
import type { OpenDocument } from '../workspace/open-document.js';
import type { DocumentHistory } from './document-history.js';
import { followText } from './follow-text.js';
import type { Moment } from './moments.js';
import { whyNotRead } from './refusals.js';

/** While people type, their changes come into the list at this pace. */
const RELOAD_MS = 2_000;

interface HistorySideOptions {
  document: OpenDocument;
  history: DocumentHistory;
  onlyNamed: Signal<boolean>;
  moments: Readable<readonly Moment[]>;
  list: HTMLElement;
}

/** The list of moments with what stands around it; keeps it current. */
export function historySide(scope: Scope, options: HistorySideOptions): HTMLElement {
  const { document, history, onlyNamed, moments, list } = options;
  const named = h('input', { type: 'checkbox', class: 'switch', role: 'switch', 'data-testid': 'only-named' });
  named.addEventListener('change', () => {
    onlyNamed.value = named.checked;
  });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const empty = h('p', { class: 'hint', role: 'status' });
  const older = button('Show older', {
    testId: 'older-moments',
    onClick: () =>
      void whileBusy(older, () => history.loadOlder()).catch((error: unknown) => tellError(error, whyNotRead(error))),
  });
  const load = () => {
    history.load().then(
      () => {
        problem.textContent = '';
      },
      (error: unknown) => {
        problem.textContent = whyNotRead(error);
      },
    );
  };
  load();
  followText(scope, document, RELOAD_MS, load);

  scope.effect(() => {
    const isEmpty = moments.value.length === 0;
    list.hidden = isEmpty;
    empty.hidden = !isEmpty;
    empty.textContent = !history.isLoaded.value
      ? 'Loading…'
      : onlyNamed.value
        ? 'No version of this file has a name yet.'
        : 'Nothing has been written here yet.';
    older.hidden = onlyNamed.value || !history.hasOlder.value;
  });
  return h(
    'div',
    { class: 'history-side' },
    h('label', { class: 'history-filter' }, named, 'Named versions only'),
    problem,
    h('div', { class: 'history-list' }, empty, list, older),
  );
}
