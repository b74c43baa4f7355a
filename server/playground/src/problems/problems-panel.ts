import { h, keyedList, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { computed } from '../base/signal.js';
import { iconButton } from '../ui/controls.js';
import { tell, tellError } from '../ui/toasts.js';
import type { Project } from '../workspace/project.js';
import { analyzeControl, hiddenSeverities, severityFilters } from './panel-controls.js';
import type { Problem } from './problem.js';
import { fileElement } from './problem-rows.js';
import type { FileProblems, Problems } from './problems.js';

interface PanelOptions {
  problems: Problems;
  project: Project;
  onChoose: (problem: Problem) => void;
  onClose: () => void;
}

/** All problems of the project by file: a filter and an order to look at everything above them. */
export function problemsPanel(scope: Scope, options: PanelOptions): HTMLElement {
  const { problems, project, onChoose, onClose } = options;
  const hidden = hiddenSeverities();
  const files = computed(() =>
    problems.files.value
      .map((file) => ({ ...file, problems: file.problems.filter(({ severity }) => !hidden.value.includes(severity)) }))
      .filter((file) => file.problems.length > 0),
  );
  const list = h('div', {
    class: 'problem-files',
    role: 'tree',
    'aria-label': 'Problems',
    'data-testid': 'problem-list',
  });
  const empty = h('p', { class: 'problems-empty', role: 'status', 'data-testid': 'problems-empty' });
  const put = keyedList<FileProblems, HTMLElement>(list, {
    key: ({ documentId }) => documentId,
    create: (file) => fileElement(file, { project, onChoose, onSwitchOff: (rule) => void switchOff(rule, options) }),
    update: (element, file) => element.dispatchEvent(new CustomEvent('show', { detail: file })),
  });
  scope.effect(() => {
    put(files.value);
    const first = list.querySelector<HTMLElement>('[role=treeitem]');
    if (first && !list.querySelector('[tabindex="0"]')) first.tabIndex = 0;
    list.hidden = files.value.length === 0;
    empty.hidden = !list.hidden;
    setText(empty, emptyWords(problems, files.value.length));
  });
  const panel = h(
    'section',
    { class: 'panel', 'aria-label': 'Problems', 'data-testid': 'problems-panel' },
    h(
      'header',
      { class: 'panel-head' },
      h('h2', {}, 'Problems'),
      severityFilters(scope, problems, hidden),
      h('span', { class: 'panel-space' }),
      analyzeControl(scope, problems),
      iconButton('close', 'Close problems', onClose, 'close-problems'),
    ),
    empty,
    list,
  );
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') onClose();
    else if (moveFocus(list, event.key)) event.preventDefault();
  });
  list.addEventListener('focusin', ({ target }) => {
    const item = (target as Element).closest<HTMLElement>('[role=treeitem]');
    if (!item) return;
    for (const other of list.querySelectorAll<HTMLElement>('[role=treeitem][tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
  });
  return panel;
}

async function switchOff(rule: string, { problems, project }: PanelOptions): Promise<void> {
  try {
    await project.switchRule(rule, false);
    tell(`${rule} is off in this project. Its settings switch it on again.`);
    // What is known was found with the rule.
    await problems.analyze();
  } catch (error) {
    tellError(error);
  }
}

function emptyWords({ isKnown, counts, progress }: Problems, shown: number): string {
  if (shown > 0) return '';
  if (progress.value) return 'Looking through the project…';
  if (Object.values(counts.value).some((count) => count > 0)) return 'All problems are hidden by the filter.';
  return isKnown.value
    ? 'No problems in the files that were analysed.'
    : 'Nothing has been analysed since this page was opened. Files are, as they are edited; or look through them all.';
}

/** Up and down through all rows; right to what can be done with one, and left back. */
function moveFocus(list: HTMLElement, key: string): boolean {
  const items = [...list.querySelectorAll<HTMLElement>('[role=treeitem]')].filter((item) => item.offsetParent);
  const item = document.activeElement?.closest<HTMLElement>('[role=treeitem]');
  const at = item ? items.indexOf(item) : -1;
  if (!item || at < 0) return false;
  const target =
    key === 'ArrowDown'
      ? items[at + 1]
      : key === 'ArrowUp'
        ? items[at - 1]
        : key === 'Home'
          ? items[0]
          : key === 'End'
            ? items.at(-1)
            : key === 'ArrowRight'
              ? item.querySelector<HTMLElement>('button')
              : key === 'ArrowLeft'
                ? item
                : undefined;
  target?.focus();
  return target !== undefined && target !== null;
}
