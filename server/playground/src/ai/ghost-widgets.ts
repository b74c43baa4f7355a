import { type EditorView, WidgetType } from '@codemirror/view';
import { h, setText } from '../base/dom.js';
import { inkOn } from '../ui/avatar.js';
import type { Ghost } from './ghost.js';
import { KEY_NAMES } from './key-names.js';

/** The line of the caret, and what comes below it. */
function parted({ text }: Ghost): [string, string] {
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}

/** Ghosts are drawn into elements that stay while text streams in: nothing flickers, and a tooltip stays open. */
abstract class GhostWidget extends WidgetType {
  constructor(readonly ghost: Ghost) {
    super();
  }

  protected abstract fill(element: HTMLElement): void;

  override eq(other: GhostWidget): boolean {
    const [a, b] = [this.ghost, other.ghost];
    return (
      a.completionId === b.completionId &&
      a.text === b.text &&
      a.alternative === b.alternative &&
      a.alternatives === b.alternatives &&
      a.isDone === b.isDone &&
      a.owner?.name === b.owner?.name &&
      a.owner?.color === b.owner?.color
    );
  }

  protected element(tag: 'span' | 'div'): HTMLElement {
    const { owner, model } = this.ghost;
    const element = h(tag, {
      class: owner ? 'ghost peer' : 'ghost mine',
      // Spoken by the editor's live region; here it would be read as if it were in the text.
      'aria-hidden': 'true',
      'data-testid': 'ghost-text',
      'data-owner': owner ? 'peer' : 'mine',
      'data-name': owner?.name,
      title: owner
        ? `${owner.name}’s suggestion (${model}): only they can accept it`
        : `Suggested by ${model}. ${KEY_NAMES.accept} accepts, ${KEY_NAMES.word} one word, ${KEY_NAMES.next} and ${KEY_NAMES.previous} show others, Esc dismisses`,
      style: owner ? { '--person': owner.color, '--person-ink': inkOn(owner.color) } : {},
    });
    this.fill(element);
    return element;
  }

  override updateDOM(element: HTMLElement, _view: EditorView, from: this): boolean {
    if (from.ghost.completionId !== this.ghost.completionId) return false;
    this.fill(element);
    return true;
  }

  /** A press on it sets the caret, as beside it. */
  override ignoreEvent(): boolean {
    return false;
  }
}

/** What stands in the line of the caret, with the name of a peer or the number of the alternative. */
export class GhostLine extends GhostWidget {
  toDOM(): HTMLElement {
    return this.element('span');
  }

  protected fill(element: HTMLElement): void {
    const { owner, alternative, alternatives, isDone } = this.ghost;
    if (element.childElementCount === 0) {
      element.append(h('span', { class: 'ghost-words' }), h('span', { class: owner ? 'ghost-name' : 'ghost-count' }));
    }
    const [words, tag] = element.children as unknown as [HTMLElement, HTMLElement];
    setText(words, parted(this.ghost)[0]);
    setText(tag, owner ? `${owner.name}’s suggestion` : alternatives > 1 ? `${alternative + 1}/${alternatives}` : '');
    tag.hidden = tag.textContent === '';
    element.dataset.done = String(isDone);
  }
}

/** The lines after the first, below the line of the caret. */
export class GhostBlock extends GhostWidget {
  toDOM(): HTMLElement {
    const element = this.element('div');
    element.classList.add('ghost-block');
    element.dataset.testid = 'ghost-lines';
    return element;
  }

  override get estimatedHeight(): number {
    return -1;
  }

  protected fill(element: HTMLElement): void {
    setText(element, parted(this.ghost)[1]);
  }
}
