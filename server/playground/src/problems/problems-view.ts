import { h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { type Readable, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';
import type { EditorPane } from '../editor/editor-pane.js';
import { sayPolitely } from '../ui/live-region.js';
import type { Workplace } from '../workspace/workplace.js';
import { type Problem, SEVERITIES } from './problem.js';
import { explainProblem } from './problem-marks.js';
import { problemsPanel } from './problems-panel.js';

const KEY = 'tandem.problems.open';

/** The list of problems below the editor, and the ways from a problem to its place. */
export class ProblemsView {
  readonly panel: HTMLElement;
  readonly #open = signal(readStored<boolean>(localStorage, KEY) ?? false);
  readonly isOpen: Readable<boolean> = this.#open;

  constructor(
    scope: Scope,
    private readonly workplace: Workplace,
    private readonly pane: EditorPane,
  ) {
    const { problems, project } = workplace;
    this.panel = h(
      'div',
      { class: 'panel-slot' },
      problemsPanel(scope, {
        problems,
        project,
        onChoose: (problem) => void this.#go(problem),
        onClose: () => {
          this.#show(false);
          this.pane.focus();
        },
      }),
    );
    scope.effect(() => {
      this.panel.hidden = !this.#open.value;
    });
    scope.listen<KeyboardEvent>(window, 'keydown', (event) => {
      if (event.defaultPrevented || event.altKey) return;
      const isList = event.key.toLowerCase() === 'm' && event.shiftKey && (event.ctrlKey || event.metaKey);
      if (isList) this.toggle();
      else if (event.key === 'F8' && !event.ctrlKey && !event.metaKey) this.#step(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
    });
  }

  /** Opened, the list has the keyboard; closed, the editor. */
  toggle(): void {
    this.#show(!this.#open.peek());
    if (!this.#open.peek()) {
      this.pane.focus();
      return;
    }
    // After the effect that shows it.
    queueMicrotask(() => {
      const rows = this.panel.querySelector<HTMLElement>('[role=treeitem][tabindex="0"]');
      (rows ?? this.panel.querySelector<HTMLElement>('[data-testid=analyze-project]'))?.focus();
    });
  }

  #show(is: boolean): void {
    this.#open.value = is;
    writeStored(localStorage, KEY, is);
  }

  #step(by: 1 | -1): void {
    const { tabs, problems } = this.workplace;
    const documentId = tabs.active.peek()?.document.documentId;
    const problem = problems.step(by, { documentId, offset: this.pane.selectionStart });
    if (problem) void this.#go(problem);
  }

  async #go(problem: Problem): Promise<void> {
    this.workplace.tabs.open(problem.documentId);
    const view = await this.pane.reveal(({ document }, { state }) => {
      if (document.documentId !== problem.documentId) return undefined;
      // The caret alone: a selection would be typed over.
      if (problem.range) return { from: problem.range.from, to: problem.range.from };
      // Found before the file was opened: by the lines of then, as near as they are now.
      const line = state.doc.line(Math.min(problem.line + 1, state.doc.lines));
      const at = Math.min(line.from + problem.character, line.to);
      return { from: at, to: at };
    });
    if (!view) return;
    view.dispatch({ effects: explainProblem.of({ problem, at: view.state.selection.main.from }) });
    sayPolitely(`${SEVERITIES[problem.severity].one}: ${problem.message}`);
  }
}
