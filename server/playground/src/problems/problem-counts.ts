import { h, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import type { Readable } from '../base/signal.js';
import { icon } from '../ui/icons.js';
import { plural, SEVERITIES, type Severity } from './problem.js';
import type { Problems } from './problems.js';

interface CountsOptions {
  problems: Readable<Problems | undefined>;
  isOpen: Readable<boolean>;
  onPress: () => void;
}

/** In the status line: how many there are; opens the list. */
export function problemCounts(scope: Scope, { problems, isOpen, onPress }: CountsOptions): HTMLElement {
  const numbers = ([1, 2, 3] as const).map((severity) => ({ severity, text: h('span', {}) }));
  const control = h(
    'button',
    { type: 'button', class: 'status-item numbers', 'data-testid': 'problem-counts', on: { click: onPress } },
    ...numbers.flatMap(({ severity, text }) => [
      h('span', { class: `status-sign severity-${SEVERITIES[severity].id}` }, icon(SEVERITIES[severity].icon)),
      text,
    ]),
  );
  scope.effect(() => {
    const counts = problems.value?.counts.value;
    control.hidden = counts === undefined;
    if (!counts) return;
    // Hints are not worth a number of their own here.
    const shown: Record<Severity, number> = { ...counts, 3: counts[3] + counts[4] };
    for (const { severity, text } of numbers) {
      setText(text, String(shown[severity]));
      const isShown = severity !== 3 || shown[3] > 0;
      text.hidden = !isShown;
      (text.previousElementSibling as HTMLElement).hidden = !isShown;
    }
    const said = numbers.map(({ severity }) => plural(shown[severity], SEVERITIES[severity])).join(', ');
    control.dataset.errors = String(counts[1]);
    control.dataset.warnings = String(counts[2]);
    control.dataset.total = String(counts[1] + counts[2] + counts[3] + counts[4]);
    control.title = `${said}. F8 and Shift+F8 go from one to the next.`;
    control.setAttribute('aria-label', `Problems: ${said}`);
    control.setAttribute('aria-expanded', String(isOpen.value));
  });
  return control;
}
