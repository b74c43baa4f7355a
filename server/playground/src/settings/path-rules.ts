import type { Member, PathRule } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { button, iconButton, select } from '../ui/controls.js';
import { messageOf } from '../ui/toasts.js';
import type { Project } from '../workspace/project.js';

interface Row {
  readonly element: HTMLElement;
  readonly read: () => PathRule;
}

const ACCESS = [
  ['read', 'only read'],
  ['write', 'may write'],
] as const;

/** Where editors may write, as its maintainers say; in the order in which the server judges them. */
export function pathRuleFields(project: Project): {
  readonly element: HTMLElement;
  readonly save: () => Promise<void>;
} {
  const list = h('ol', { class: 'path-rules', 'aria-label': 'Rules of paths' }, h('li', { class: 'hint' }, 'Loading…'));
  const rows: Row[] = [];
  let people: Member[] = [];
  let known: { text: string; version: number } | undefined;
  const show = () => list.replaceChildren(...rows.map(({ element }) => element));
  const put = (rule: PathRule) => {
    const row = ruleRow(rule, people, () => {
      rows.splice(rows.indexOf(row), 1);
      show();
    });
    rows.push(row);
    show();
    return row;
  };
  const add = button('Add rule', {
    icon: 'file-plus',
    testId: 'add-path-rule',
    onClick: () => put({ path: '', access: 'read', userId: null }).element.querySelector('input')?.focus(),
  });
  add.disabled = true;
  const load = async () => {
    const [{ rules, version }, members] = await Promise.all([
      project.api.pathRules.get(project.id),
      project.api.members(project.id),
    ]);
    people = members;
    known = { text: JSON.stringify(rules), version };
    for (const rule of rules) put(rule);
    show();
    add.disabled = false;
  };
  load().catch((error: unknown) => list.replaceChildren(h('li', { class: 'problem' }, messageOf(error))));
  return {
    element: h(
      'section',
      { class: 'stack' },
      h('h3', {}, 'Where editors may write'),
      h(
        'p',
        { class: 'hint' },
        'Everywhere, but for these rules; of those that fit a path, the last one holds. ',
        h('code', {}, 'docs/'),
        ' is a folder, ',
        h('code', {}, '**'),
        ' the whole project. Maintainers and owners are past them.',
      ),
      list,
      h('div', {}, add),
    ),
    save: async () => {
      const rules = rows.map(({ read }) => read()).filter(({ path }) => path !== '');
      if (!known || JSON.stringify(rules) === known.text) return;
      const { version } = await project.api.pathRules.set(project.id, { rules, version: known.version });
      known = { text: JSON.stringify(rules), version };
    },
  };
}

function ruleRow(rule: PathRule, members: readonly Member[], onRemove: () => void): Row {
  const isKnown = rule.userId === null || members.some(({ userId }) => userId === rule.userId);
  const subjects: [string, string][] = [
    ['', 'Every editor'],
    ...members.filter(({ role, userId }) => role === 'editor' || userId === rule.userId).map(named),
    ...(isKnown ? [] : [[rule.userId!, 'Somebody who is no member'] as [string, string]]),
  ];
  const who = select(subjects, rule.userId ?? '', { 'aria-label': 'Who', 'data-testid': 'path-rule-who' });
  const access = select(ACCESS, rule.access, { 'aria-label': 'What they may do', 'data-testid': 'path-rule-access' });
  const path = h('input', {
    type: 'text',
    value: rule.path,
    maxlength: 200,
    spellcheck: 'false',
    placeholder: 'docs/',
    'aria-label': 'Path',
    'data-testid': 'path-rule-path',
  });
  return {
    element: h('li', { 'data-testid': 'path-rule' }, who, access, path, iconButton('close', 'Remove rule', onRemove)),
    read: () => ({
      path: path.value.trim(),
      access: access.value as PathRule['access'],
      userId: who.value === '' ? null : who.value,
    }),
  };
}

const named = ({ userId, displayName }: Member): [string, string] => [userId, displayName];
