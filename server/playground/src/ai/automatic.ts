import type { Extension, Transaction } from '@codemirror/state';
import { type EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { AutoComplete } from '@tandem/protocol/client';
import { effect, type Readable } from '../base/signal.js';
import { takesText } from './suggestion-keys.js';

/** Typing, Enter and deleting ask for more; what was pasted or taken back does not. */
const ASKING = ['input.type', 'delete', 'select.accept'];

const asks = (transaction: Transaction): boolean =>
  ASKING.some((event) => transaction.isUserEvent(event)) ||
  // Enter, with the indentation of the new line.
  (transaction.isUserEvent('input') &&
    !transaction.isUserEvent('input.paste') &&
    !transaction.isUserEvent('input.drop'));

/** Tells the policy what the person at this editor does; it decides when to ask. */
class Automatic implements PluginValue {
  readonly #stop: () => void;
  #isGone = false;

  constructor(
    private readonly view: EditorView,
    private readonly policy: AutoComplete,
    isOn: Readable<boolean>,
  ) {
    this.#stop = effect(() => {
      policy.enabled = isOn.value;
    });
  }

  update(update: ViewUpdate): void {
    const { state, transactions } = update;
    const isTyping = transactions.some(asks) && state.facet(takesText)(this.view);
    if (isTyping) this.#soon(() => this.policy.typed(() => this.view.state.selection.main.head));
    else if (update.focusChanged && !this.view.hasFocus) this.#soon(() => this.policy.moved(undefined));
    else if (update.selectionSet) this.#soon(() => this.policy.moved(this.view.state.selection.main.head));
  }

  destroy(): void {
    this.#isGone = true;
    this.#stop();
    this.policy.destroy();
  }

  /** When the shared text has the edit, too. */
  #soon(tell: () => void): void {
    queueMicrotask(() => {
      if (!this.#isGone) tell();
    });
  }
}

export const automaticSuggestions = (makePolicy: () => AutoComplete, isOn: Readable<boolean>): Extension =>
  ViewPlugin.define((view) => new Automatic(view, makePolicy(), isOn));
