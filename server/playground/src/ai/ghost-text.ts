import type { Extension } from '@codemirror/state';
import { EditorView, type PluginValue, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { Suggestion, Suggestions } from '@tandem/protocol/client';
import { boundTo } from '../editor/binding.js';
import type { Person } from '../presence/person.js';
import { ideSettings } from '../settings/settings.js';
import { sayPolitely } from '../ui/live-region.js';
import type { Ghost } from './ghost.js';
import { ghostAtCaret, ghosts, ghostsOf, setGhosts } from './ghosts.js';
import { KEY_NAMES, type SuggestionKey } from './key-names.js';
import { suggestionKeys } from './suggestion-keys.js';
import { firstWord } from './words.js';

export interface GhostSource {
  readonly suggestions: Suggestions;
  /** Who asked for a suggestion that is not one's own. */
  nameOf(userId: string): Person;
  /** Asks for suggestions at the caret because the person wants some. */
  ask(view: EditorView): void;
}

/** A suggestion is spoken when its text has not changed for so long, in milliseconds. */
const SPOKEN_AFTER_MS = 400;

/** Draws the suggestions of a document and carries out the keys for one's own; the document is changed by the SDK. */
class GhostText implements PluginValue {
  readonly #stop: () => void;
  #isAsked = false;
  #isGone = false;
  #speaking: ReturnType<typeof setTimeout> | undefined;
  #spoken = '';

  constructor(
    private readonly view: EditorView,
    private readonly source: GhostSource,
  ) {
    this.#stop = source.suggestions.on('change', () => this.#soon());
    this.#soon();
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) this.#soon();
  }

  destroy(): void {
    this.#isGone = true;
    this.#stop();
    clearTimeout(this.#speaking);
  }

  run(key: SuggestionKey): boolean {
    if (key === 'ask') {
      this.source.ask(this.view);
      return true;
    }
    const mine = this.#mine();
    if (!mine) return false;
    switch (key) {
      case 'accept':
        return this.#take(mine);
      case 'word':
        return this.#take(mine, firstWord(mine.text));
      case 'next':
      case 'previous':
        // An automatic suggestion comes alone: who wants another one asks for several.
        if (mine.alternatives < 2) this.source.ask(this.view);
        else mine.cycle(key === 'next' ? 1 : -1);
        return true;
      case 'dismiss':
        mine.dismiss();
        // In Vim the same key ends the insertion, too.
        return ideSettings.peek().keymap !== 'vim';
    }
  }

  #mine(): Suggestion | undefined {
    const { mine } = this.source.suggestions;
    return mine && ghostAtCaret(this.view.state)?.completionId === mine.completionId ? mine : undefined;
  }

  #take(mine: Suggestion, length?: number): boolean {
    const { undo } = boundTo(this.view.state);
    // A step of its own: one undo takes back what one key has inserted.
    undo.stopCapturing();
    const taken = mine.accept(length);
    undo.stopCapturing();
    if (!taken) return false;
    this.view.dispatch({ selection: { anchor: taken.to }, scrollIntoView: true, userEvent: 'select.accept' });
    return true;
  }

  /** Together after all that happens in this turn: an editor may not be changed from within its own update. */
  #soon(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    queueMicrotask(() => {
      this.#isAsked = false;
      if (!this.#isGone) this.#refresh();
    });
  }

  #refresh(): void {
    const end = this.view.state.doc.length;
    const next = this.source.suggestions.list.filter(({ offset }) => offset <= end).map((each) => this.#ghost(each));
    if (!same(ghostsOf(this.view.state), next)) this.view.dispatch({ effects: setGhosts.of(next) });
    this.#speak();
  }

  #ghost(suggestion: Suggestion): Ghost {
    const { completionId, userId, isMine, isDone, offset, text, alternative, alternatives, model } = suggestion;
    const isOwn = isMine && suggestion.completionId === this.source.suggestions.mine?.completionId;
    const owner = isOwn ? undefined : this.source.nameOf(userId);
    // Those that have nothing to show here are not counted, so that a number may be above how many there are.
    const number = Math.min(alternative, alternatives - 1);
    return { completionId, owner, offset, text, alternative: number, alternatives, isDone, model };
  }

  #speak(): void {
    clearTimeout(this.#speaking);
    const ghost = ghostAtCaret(this.view.state);
    const words = ghost
      ? `Suggestion${ghost.alternatives > 1 ? ` ${ghost.alternative + 1} of ${ghost.alternatives}` : ''}: ${ghost.text}. ${KEY_NAMES.accept} accepts.`
      : '';
    // What was typed of it changes its text, and is no news.
    const key = ghost ? `${ghost.completionId} ${ghost.alternative} ${ghost.isDone}` : '';
    if (key === this.#spoken) return;
    this.#speaking = setTimeout(() => {
      this.#spoken = key;
      if (this.view.hasFocus) sayPolitely(words);
    }, SPOKEN_AFTER_MS);
  }
}

function same(before: readonly Ghost[], now: readonly Ghost[]): boolean {
  return (
    before.length === now.length &&
    before.every((ghost, index) => {
      const other = now[index] as Ghost;
      return (Object.keys(ghost) as (keyof Ghost)[]).every((key) =>
        key === 'owner' ? ghost.owner?.name === other.owner?.name : ghost[key] === other[key],
      );
    })
  );
}

/** Suggestions in grey after the caret, and what a peer is offered where they are. */
export function ghostText(source: GhostSource): Extension {
  const plugin = ViewPlugin.define((view) => new GhostText(view, source));
  return [ghosts, plugin, suggestionKeys({ run: (key, view) => view.plugin(plugin)?.run(key) ?? false })];
}
