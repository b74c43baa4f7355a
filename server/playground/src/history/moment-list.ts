import type { Version } from '@tandem/protocol/http';
import { type Child, h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import type { Readable } from '../base/signal.js';
import { avatar, safeColor } from '../ui/avatar.js';
import { icon } from '../ui/icons.js';
import { dayWords, lineWords } from './moment-words.js';
import type { Moment } from './moments.js';

interface MomentListOptions {
  moments: Readable<readonly Moment[]>;
  versions: Readable<readonly Version[]>;
  selected: Readable<Moment | undefined>;
  colorOf: (userId: string) => string | undefined;
  onSelect: (moment: Moment) => void;
}

/** The moments under their days. The arrows choose (WAI-ARIA listbox). */
export function momentList(scope: Scope, options: MomentListOptions): HTMLElement {
  const { moments, versions, selected, colorOf, onSelect } = options;
  const list = h('div', {
    class: 'moments',
    role: 'listbox',
    'aria-label': 'Versions and changes, newest first',
    'data-testid': 'moments',
  });
  const lineOf = (moment: Moment | undefined) =>
    moment && list.querySelector<HTMLElement>(`[data-key="${CSS.escape(moment.key)}"]`);
  let isFirst = true;
  scope.effect(() => {
    // When it comes, the keys are for it.
    const hadFocus = isFirst || list.contains(document.activeElement);
    const byDay = Map.groupBy(moments.value, ({ at }) => dayWords(at));
    list.replaceChildren(
      ...[...byDay].map(([day, ofDay]) =>
        h(
          'div',
          { role: 'group', 'aria-label': day },
          h('div', { class: 'moments-day', 'aria-hidden': 'true' }, day),
          ...ofDay.map((moment) => line(moment, versions.value, selected.value?.key === moment.key, colorOf)),
        ),
      ),
    );
    const current = lineOf(selected.value) ?? list.querySelector<HTMLElement>('[role=option]');
    if (!current) return;
    isFirst = false;
    current.tabIndex = 0;
    if (hadFocus) current.focus();
  });
  list.addEventListener('click', (event) => {
    const key = (event.target as Element).closest<HTMLElement>('[data-key]')?.dataset.key;
    const moment = moments.peek().find((each) => each.key === key);
    if (moment) onSelect(moment);
  });
  list.addEventListener('keydown', (event) => {
    const all = moments.peek();
    const at = all.findIndex(({ key }) => key === selected.peek()?.key);
    const next = keyTarget(event.key, at, all);
    if (!next) return;
    event.preventDefault();
    onSelect(next);
  });
  return list;
}

function line(
  moment: Moment,
  versions: readonly Version[],
  isSelected: boolean,
  colorOf: MomentListOptions['colorOf'],
): HTMLElement {
  const { version, change, key } = moment;
  const [title, hint] = lineWords(moment, versions);
  const author = change?.authors[0] ?? version?.createdBy;
  const sign: Child = version
    ? h('span', { class: 'moment-sign' }, icon('bookmark'), h('span', { class: 'sr-only' }, 'Named version'))
    : avatar(author?.displayName ?? '?', safeColor(author && colorOf(author.userId)));
  return h(
    'div',
    {
      class: version ? 'moment named' : 'moment',
      role: 'option',
      tabindex: -1,
      'aria-selected': isSelected,
      'data-testid': 'moment',
      'data-key': key,
      'data-kind': change?.kind ?? 'version',
    },
    sign,
    h('div', { class: 'moment-words' }, h('strong', {}, title), h('span', { class: 'hint' }, hint)),
    change?.hasSuggestions && h('span', { class: 'chip', title: 'With accepted suggestions' }, 'AI'),
  );
}

function keyTarget(key: string, at: number, all: readonly Moment[]): Moment | undefined {
  if (key === 'ArrowDown') return all[at + 1];
  if (key === 'ArrowUp') return all[at - 1];
  if (key === 'Home') return all[0];
  return key === 'End' ? all.at(-1) : undefined;
}
