import { h, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';
import { iconButton } from '../ui/controls.js';
import type { OpenDocument } from '../workspace/open-document.js';
import { Comparison } from './comparison.js';
import type { DocumentHistory } from './document-history.js';
import { followText } from './follow-text.js';
import { headWords } from './moment-words.js';
import type { Moment } from './moments.js';
import { whyNotRead } from './refusals.js';

/** Who runs through the list with the arrows is shown where he stops. */
const STOP_MS = 150;
const FOLLOW_MS = 300;

interface MomentViewOptions {
  path: string;
  document: OpenDocument;
  selected: Readable<Moment | undefined>;
  history: DocumentHistory;
}

type Shown = { readonly kind: 'loading' | 'text' } | { readonly kind: 'problem'; readonly words: string };

export interface MomentView {
  readonly element: HTMLElement;
  /** Undefined while no text is shown. */
  readonly differences: Readable<number | undefined>;
}

/** The text of the chosen moment, and how it differs from that of now. */
export function momentView(scope: Scope, { path, document, selected, history }: MomentViewOptions): MomentView {
  const shown = signal<Shown>({ kind: 'loading' });
  const comparison = new Comparison(scope, path);
  const differences = computed(() => (shown.value.kind === 'text' ? comparison.differences.value : undefined));
  const now = () => document.bound.peek().text.toString();

  const title = h('h3', {});
  const hint = h('span', { class: 'hint' });
  const count = h('span', { class: 'hint', role: 'status', 'data-testid': 'differences' });
  const previous = iconButton('arrow-up', 'Previous difference', () => comparison.step('previous'));
  const next = iconButton('arrow-down', 'Next difference', () => comparison.step('next'));
  const legend = h(
    'div',
    { class: 'diff-legend hint' },
    h('span', { class: 'diff-then' }, 'only then'),
    h('span', { class: 'diff-now' }, 'only now'),
  );
  const host = h('div', { class: 'history-editor', 'data-testid': 'history-text' }, comparison.view.dom);
  const message = h('p', { class: 'history-message', role: 'status' });
  const element = h(
    'section',
    { class: 'history-moment', 'aria-label': 'Text of then' },
    h(
      'header',
      { class: 'history-head' },
      h('div', { class: 'moment-words' }, title, hint),
      legend,
      count,
      h('div', { class: 'history-steps' }, previous, next),
    ),
    host,
    message,
  );

  let asked: string | undefined;
  let cancel = () => {};
  const load = async (moment: Moment, id: string) => {
    try {
      const text = await history.text(moment);
      if (asked !== id || scope.disposed) return;
      comparison.show(text, now());
      shown.value = { kind: 'text' };
    } catch (error) {
      if (asked === id) shown.value = { kind: 'problem', words: whyNotRead(error) };
    }
  };
  // A name that is given or taken away changes no text.
  scope.watch(
    computed(() => selected.value && `${selected.value.key} ${selected.value.seq}`),
    (id) => {
      const moment = selected.peek();
      cancel();
      const isFirst = asked === undefined;
      asked = id;
      shown.value = { kind: 'loading' };
      if (moment && id !== undefined) cancel = scope.after(isFirst ? 0 : STOP_MS, () => void load(moment, id));
    },
  );
  followText(scope, document, FOLLOW_MS, () => shown.peek().kind === 'text' && comparison.follow(now()));

  scope.effect(() => {
    const moment = selected.value;
    const state = shown.value;
    const found = differences.value;
    const [bold, small] = moment ? headWords(moment, history.versions.value) : ['', ''];
    setText(title, bold);
    setText(hint, small);
    setText(count, found === undefined ? '' : differenceWords(found));
    legend.hidden = !found;
    for (const step of [previous, next]) step.hidden = !found;
    element.setAttribute('aria-busy', String(moment !== undefined && state.kind === 'loading'));
    host.hidden = moment === undefined || state.kind === 'problem';
    host.classList.toggle('stale', state.kind === 'loading');
    setText(
      message,
      !moment ? '' : state.kind === 'problem' ? state.words : state.kind === 'loading' ? 'Loading…' : '',
    );
    message.classList.toggle('problem', state.kind === 'problem');
  });
  return { element, differences };
}

const differenceWords = (count: number): string =>
  count === 0 ? 'The same as now' : count === 1 ? '1 difference from now' : `${count} differences from now`;
