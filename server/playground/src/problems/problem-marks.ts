import {
  type Diagnostic,
  forEachDiagnostic,
  linter,
  lintGutter,
  setDiagnostics,
  setDiagnosticsEffect,
} from '@codemirror/lint';
import { type Extension, StateEffect, StateField } from '@codemirror/state';
import {
  type EditorView,
  type PluginValue,
  showTooltip,
  type Tooltip,
  tooltips,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import type { Diagnostics, ResolvedDiagnostic } from '@tandem/protocol/client';
import { h } from '../base/dom.js';
import { type Problem, SEVERITIES } from './problem.js';

const TAG_CLASSES = { 1: 'unnecessary', 2: 'deprecated' } as const;

/** Puts the findings of a document under its text. The editor moves them with the edits until newer ones come. */
class ProblemMarks implements PluginValue {
  readonly #stop: () => void;
  #isAsked = false;
  #isGone = false;

  constructor(
    private readonly view: EditorView,
    private readonly diagnostics: Diagnostics,
  ) {
    this.#stop = diagnostics.on('change', () => this.#soon());
    this.#soon();
  }

  update({ docChanged }: ViewUpdate): void {
    if (docChanged) this.#soon();
  }

  destroy(): void {
    this.#isGone = true;
    this.#stop();
  }

  #soon(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      if (!this.#isGone) this.#show();
    });
  }

  #show(): void {
    const { state } = this.view;
    const end = state.doc.length;
    const now = this.diagnostics.list.filter(({ to }) => to <= end);
    // The same again would close a tooltip that somebody reads.
    if (fingerprint(shown(this.view)) === fingerprint(now.map(drawn))) return;
    this.view.dispatch(setDiagnostics(state, now.map(drawn)));
  }
}

interface Drawn extends Diagnostic {
  readonly code: string | undefined;
  readonly href: string | undefined;
}

function drawn({ from, to, severity, code, href, source, message, tags }: ResolvedDiagnostic): Drawn {
  return {
    from,
    to,
    severity: SEVERITIES[severity].id,
    source,
    message,
    code,
    href,
    markClass: tags?.map((tag) => TAG_CLASSES[tag]).join(' '),
    renderMessage: () => words({ source, code, href, message }),
  };
}

interface Words {
  readonly source: string;
  readonly code: string | undefined;
  readonly href: string | undefined;
  readonly message: string;
}

/** The message, and who says so by which rule. */
function words({ source, code, href, message }: Words): Node {
  const rule = href
    ? h('a', { href, target: '_blank', rel: 'noreferrer noopener', 'data-testid': 'rule-link' }, code ?? 'more')
    : code;
  return h(
    'div',
    { class: 'lint-words', 'data-testid': 'problem-tooltip' },
    h('div', {}, message),
    h('div', { class: 'lint-rule' }, source, rule && ' · ', rule),
  );
}

function shown(view: EditorView): Drawn[] {
  const all: Drawn[] = [];
  forEachDiagnostic(view.state, (diagnostic, from, to) => all.push({ ...(diagnostic as Drawn), from, to }));
  return all;
}

const fingerprint = (list: readonly Drawn[]): string =>
  list
    .map(({ from, to, severity, source, code, message }) => `${from} ${to} ${severity} ${source} ${code} ${message}`)
    .sort()
    .join('\n');

/** Tells about a problem at its place, until the caret or the text moves. */
export const explainProblem = StateEffect.define<{ readonly problem: Problem; readonly at: number }>();

type Explained = Tooltip & { readonly problem: Problem };

const explained = StateField.define<Explained | null>({
  create: () => null,
  update(tooltip, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(explainProblem)) return tooltipOf(effect.value);
      const isGone = ({ message }: Diagnostic) => message !== tooltip?.problem.message;
      if (effect.is(setDiagnosticsEffect) && effect.value.every(isGone)) return null;
    }
    return transaction.docChanged || transaction.selection ? null : tooltip;
  },
  provide: (field) => showTooltip.from(field),
});

function tooltipOf({ problem, at }: { problem: Problem; at: number }): Explained {
  const severity = SEVERITIES[problem.severity].id;
  const dom = () => h('div', { class: `cm-tooltip-lint cm-diagnostic cm-diagnostic-${severity}` }, words(problem));
  return { pos: at, above: true, create: () => ({ dom: dom() }), problem };
}

/** Not over the tabs: at the top of the text, tooltips go below their line. */
const belowTabs = tooltips({
  tooltipSpace: ({ scrollDOM }) => {
    const { top } = scrollDOM.getBoundingClientRect();
    return { top, left: 0, bottom: innerHeight, right: innerWidth };
  },
});

/** Underlines and a gutter for what analysis found; hovering tells it. */
export const problemMarks = (diagnostics: Diagnostics): Extension => [
  linter(null),
  lintGutter(),
  explained,
  belowTabs,
  ViewPlugin.define((view) => new ProblemMarks(view, diagnostics)),
];
