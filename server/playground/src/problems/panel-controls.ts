import { h, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { type Signal, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';
import { button } from '../ui/controls.js';
import { icon } from '../ui/icons.js';
import { tellError } from '../ui/toasts.js';
import { plural, SEVERITIES, type Severity } from './problem.js';
import type { Problems } from './problems.js';

const HIDDEN_KEY = 'tandem.problems.hidden';
const ALL: readonly Severity[] = [1, 2, 3, 4];

/** Those that somebody does not want to see in the list, remembered by this browser. */
export const hiddenSeverities = (): Signal<readonly Severity[]> =>
  signal(readStored<readonly Severity[]>(localStorage, HIDDEN_KEY) ?? []);

/** A button for each severity: pressed, its problems are shown. */
export function severityFilters(scope: Scope, { counts }: Problems, hidden: Signal<readonly Severity[]>): HTMLElement {
  const buttons = ALL.map((severity) => {
    const words = SEVERITIES[severity];
    const count = h('span', {});
    const toggle = h(
      'button',
      {
        type: 'button',
        class: `severity-filter severity-${words.id}`,
        'data-testid': `filter-${words.id}`,
        on: {
          click: () => {
            hidden.update((all) =>
              all.includes(severity) ? all.filter((each) => each !== severity) : [...all, severity],
            );
            writeStored(localStorage, HIDDEN_KEY, hidden.peek());
          },
        },
      },
      icon(words.icon),
      count,
    );
    scope.effect(() => {
      const isShown = !hidden.value.includes(severity);
      const said = plural(counts.value[severity], words);
      setText(count, String(counts.value[severity]));
      toggle.setAttribute('aria-pressed', String(isShown));
      toggle.setAttribute('aria-label', `Show ${words.many}: ${said}`);
      toggle.title = isShown ? `Hide ${words.many}` : `Show ${words.many}`;
    });
    return toggle;
  });
  return h('div', { class: 'severity-filters', role: 'group', 'aria-label': 'Filter' }, ...buttons);
}

/** Begins to look through the whole project, and shows how far that is. */
export function analyzeControl(scope: Scope, problems: Problems): HTMLElement {
  const start = button('Analyse project', {
    icon: 'search',
    testId: 'analyze-project',
    onClick: () => void problems.analyze().catch(tellError),
  });
  start.classList.add('small');
  const bar = h('progress', { class: 'panel-progress', 'aria-label': 'Analysed', 'data-testid': 'analysis-progress' });
  const words = h('span', { class: 'hint' });
  const running = h('span', { class: 'panel-running', role: 'status' }, bar, words);
  scope.effect(() => {
    const progress = problems.progress.value;
    start.hidden = progress !== undefined;
    running.hidden = progress === undefined;
    if (!progress) return;
    if (progress.total > 0) {
      bar.max = progress.total;
      bar.value = progress.done;
    } else bar.removeAttribute('value');
    setText(words, progress.total > 0 ? `${progress.done} of ${progress.total} files` : 'Starting…');
  });
  return h('div', { class: 'panel-analyze' }, start, running);
}
