import { h, keyedList, setText } from '../base/dom.js';
import { nameOf, parentOf } from '../tree/tree-model.js';
import { fileIcon } from '../tree/tree-row.js';
import { iconButton } from '../ui/controls.js';
import { icon } from '../ui/icons.js';
import { type MenuEntry, openMenu } from '../ui/menu.js';
import type { Project } from '../workspace/project.js';
import { type Problem, plural, SEVERITIES } from './problem.js';
import type { FileProblems } from './problems.js';

interface RowOptions {
  project: Project;
  onChoose: (problem: Problem) => void;
  /** Of a maintainer, who wants to see less of a rule. */
  onSwitchOff: (rule: string) => void;
}
type Row = Problem & { readonly key: string };

/** A file with its problems; filled, now and later, through the `show` event. */
export function fileElement({ documentId, path }: FileProblems, options: RowOptions): HTMLElement {
  const count = h('span', { class: 'chip' });
  const name = h('strong', {});
  const folder = h('span', { class: 'problem-folder' });
  const sign = h('span', {}, fileIcon(path));
  const rows = h('div', { role: 'group' });
  const toggle = () => {
    rows.hidden = !rows.hidden;
    head.setAttribute('aria-expanded', String(!rows.hidden));
  };
  const head = h(
    'div',
    {
      class: 'problem-file',
      role: 'treeitem',
      tabindex: -1,
      'aria-level': 1,
      'aria-expanded': true,
      on: {
        click: toggle,
        keydown: (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          toggle();
        },
      },
    },
    h('span', { class: 'tree-twist' }, icon('chevron')),
    sign,
    name,
    folder,
    count,
  );
  const put = keyedList<Row, HTMLElement>(rows, {
    key: ({ key }) => key,
    create: (row) => rowElement(row, options),
    update: (element, row) => {
      const place = `Ln ${row.line + 1}, Col ${row.character + 1}`;
      element.dataset.line = String(row.line + 1);
      setText(element.querySelector('.problem-place') as HTMLElement, place);
      current.set(element, row);
    },
  });
  const element = h('div', { 'data-testid': 'problem-file', 'data-document': documentId }, head, rows);
  let shown: readonly Problem[] = [];
  element.addEventListener('show', (event) => {
    const file = (event as CustomEvent<FileProblems>).detail;
    // An edit changes the problems of one file; those of a large project are not gone through for it.
    const isSame = shown.length === file.problems.length && shown.every((each, index) => each === file.problems[index]);
    if (isSame && element.dataset.path === file.path) return;
    shown = file.problems;
    if (element.dataset.path !== file.path) sign.replaceChildren(fileIcon(file.path));
    element.dataset.path = file.path;
    setText(name, nameOf(file.path));
    setText(folder, parentOf(file.path));
    setText(count, String(file.problems.length));
    head.setAttribute(
      'aria-label',
      `${file.path}, ${plural(file.problems.length, { one: 'problem', many: 'problems' })}`,
    );
    put(keyed(file.problems));
  });
  return element;
}

/** What each row stands for at the moment: its place moves with the text. */
const current = new WeakMap<HTMLElement, Problem>();

/** By what is said, not by where: the focus stays on a problem that moves. */
function keyed(problems: readonly Problem[]): Row[] {
  const seen = new Map<string, number>();
  return problems.map((problem) => {
    const said = `${problem.severity} ${problem.source} ${problem.code} ${problem.message}`;
    const twin = seen.get(said) ?? 0;
    seen.set(said, twin + 1);
    return { ...problem, key: `${twin} ${said}` };
  });
}

function rowElement(problem: Problem, options: RowOptions): HTMLElement {
  const { severity, code, source, message } = problem;
  const words = SEVERITIES[severity];
  const choose = () => options.onChoose(current.get(element) ?? problem);
  const more = iconButton(
    'more',
    `Actions for ${code ?? source}`,
    (event) => {
      event.stopPropagation();
      openMenu('Problem', actions(problem, options, choose), { anchor: more, side: 'end' });
    },
    'problem-more',
  );
  more.tabIndex = -1;
  more.setAttribute('aria-haspopup', 'menu');
  const element = h(
    'div',
    {
      class: `problem-row severity-${words.id}`,
      role: 'treeitem',
      tabindex: -1,
      'aria-level': 2,
      'data-testid': 'problem',
      'data-severity': words.id,
      'data-code': code,
      on: {
        click: choose,
        keydown: (event) => {
          if (event.target !== element || (event.key !== 'Enter' && event.key !== ' ')) return;
          event.preventDefault();
          choose();
        },
        contextmenu: (event) => {
          event.preventDefault();
          openMenu('Problem', actions(problem, options, choose), { x: event.clientX, y: event.clientY });
        },
      },
    },
    icon(words.icon),
    h('span', { class: 'sr-only' }, `${words.one}: `),
    h('span', { class: 'problem-message', title: message }, message),
    h('span', { class: 'problem-rule' }, code ? `${source} · ${code}` : source),
    h('span', { class: 'problem-place' }),
    more,
  );
  return element;
}

function actions({ code, href }: Problem, { project, onSwitchOff }: RowOptions, choose: () => void): MenuEntry[] {
  const entries: MenuEntry[] = [{ label: 'Go to the place', run: choose }];
  if (href) {
    entries.push({ label: 'About this rule', run: () => void window.open(href, '_blank', 'noreferrer,noopener') });
  }
  if (code && project.canManage.peek()) {
    const label = `Switch off ${code} in this project`;
    entries.push('separator', { label, testId: 'switch-off-rule', run: () => onSwitchOff(code) });
  }
  return entries;
}
