import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { h } from '../base/dom.js';
import { Scope } from '../base/scope.js';
import { computed, type Readable, type Signal, signal } from '../base/signal.js';
import { icon } from '../ui/icons.js';
import type { Tab, Tabs } from '../workspace/tabs.js';
import { createEditor } from './create-editor.js';
import { cursorOf } from './cursor-positions.js';
import { type EditorFacts, factsOf } from './editor-facts.js';
import { languageOf } from './languages.js';

interface Mounted {
  readonly scope: Scope;
  readonly view: EditorView;
  scroll: ReturnType<EditorView['scrollSnapshot']> | undefined;
}

/** How long a jump waits for the other's cursor to become known in a file that is being opened. */
const JUMP_PATIENCE_MS = 4_000;

const DAMAGE =
  'Part of this file was damaged in storage, and some of its text may be missing. What is missing comes back by itself when somebody who still has it opens the file; everything else works as usual.';

/** Shows the editor of the tab in front. Each tab keeps its editor: selection, undo and scroll position stay. */
export class EditorPane {
  readonly element = h('section', { class: 'pane', 'aria-label': 'Editor' });
  readonly #host = h('div', { class: 'editor-host', 'data-testid': 'editor' });
  readonly #notice = h('div', { class: 'pane-notice', hidden: true, 'data-testid': 'readonly-notice' });
  readonly #damage = h('div', { class: 'pane-notice damage', role: 'status', 'data-testid': 'damage-notice' });
  readonly #waiting = h('div', { class: 'pane-waiting', role: 'status' });
  readonly #mounted = new Map<Tab, Mounted>();
  readonly #facts: Signal<EditorFacts | undefined> = signal(undefined);
  readonly facts: Readable<EditorFacts | undefined> = this.#facts;
  #front: Mounted | undefined;
  #wantsFocus = false;

  constructor(
    private readonly scope: Scope,
    private readonly tabs: Tabs,
    /** Nothing more can be written, whatever the role. */
    private readonly locked: Readable<boolean>,
    /** What else the editor of a file can do. */
    private readonly toolsOf: (tab: Tab) => Extension,
    /** The file in front, if edits of it are lost or under repair in storage. */
    private readonly damaged: Readable<string | undefined>,
  ) {
    this.element.append(this.#damage, this.#notice, this.#host, this.#waiting);
    scope.effect(() => this.#showDamage());
    scope.effect(() => this.#dropClosed());
    scope.effect(() => this.#show());
    scope.add(() => {
      for (const mounted of this.#mounted.values()) mounted.scope.dispose();
      delete document.documentElement.dataset.ready;
    });
  }

  /** Gives the keyboard to the file in front, also when that is about to be opened. */
  focus(): void {
    const tab = this.tabs.active.peek();
    const mounted = tab && this.#mounted.get(tab);
    this.#wantsFocus = !mounted || mounted !== this.#front;
    if (!this.#wantsFocus) mounted?.view.focus();
  }

  /** Where the selection begins in the file in front, as an offset. */
  get selectionStart(): number {
    return this.#front?.view.state.selection.main.from ?? 0;
  }

  /** Goes to where somebody's cursor is in the file in front, as soon as that is known. */
  async jumpTo(personId: string): Promise<void> {
    await this.reveal((tab) => {
      const head = cursorOf(tab.document.bound.peek(), personId);
      return head === undefined ? undefined : { from: head, to: head };
    });
  }

  /**
   * Selects a place of the file in front and shows it, as soon as that is open and `find` knows where it is. Resolves to
   * its editor; to undefined when it did not come in time.
   */
  async reveal(
    find: (tab: Tab, view: EditorView) => { from: number; to: number } | undefined,
  ): Promise<EditorView | undefined> {
    const deadline = Date.now() + JUMP_PATIENCE_MS;
    while (Date.now() < deadline && !this.scope.disposed) {
      const tab = this.tabs.active.peek();
      const view = tab && this.#mounted.get(tab)?.view;
      const place = tab && view && find(tab, view);
      if (view && place && place.to <= view.state.doc.length) {
        view.dispatch({
          selection: { anchor: place.from, head: place.to },
          effects: EditorView.scrollIntoView(place.from, { y: 'center' }),
        });
        view.focus();
        return view;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  #dropClosed(): void {
    const open = new Set(this.tabs.all.value);
    for (const [tab, mounted] of this.#mounted) {
      if (open.has(tab)) continue;
      mounted.scope.dispose();
      this.#mounted.delete(tab);
    }
  }

  #show(): void {
    const tab = this.tabs.active.value;
    const synced = tab?.document.state.value.synced ?? false;
    if (tab && synced && !this.#mounted.has(tab)) this.#mount(tab);
    const mounted = tab && this.#mounted.get(tab);
    if (mounted !== this.#front) this.#bringToFront(mounted);
    const refused = tab?.document.state.value.status === 'refused';
    this.element.classList.toggle('empty', !mounted);
    this.#waiting.textContent =
      mounted || !tab ? '' : refused ? (tab.document.state.value.error?.message ?? '') : 'Opening…';
    this.#showNotice(tab);
    if (mounted && synced) document.documentElement.dataset.ready = 'true';
    else delete document.documentElement.dataset.ready;
  }

  #showNotice(tab: Tab | undefined): void {
    const state = tab?.document.state.value;
    const text =
      state?.status === 'refused'
        ? `${state.error?.message ?? 'This file was closed'}. What you see is no longer shared.`
        : state?.synced && !state.canEdit
          ? `Read-only: ${state.role ? `your role here is ${state.role}` : 'you may not write here'}.`
          : '';
    if (this.#notice.textContent !== text) this.#notice.replaceChildren(...(text ? [icon('lock'), text] : []));
    this.#notice.hidden = text === '';
  }

  #showDamage(): void {
    const documentId = this.tabs.active.value?.document.documentId;
    const isDamaged = documentId !== undefined && this.damaged.value === documentId;
    this.#damage.hidden = !isDamaged;
    this.#damage.replaceChildren(...(isDamaged ? [icon('alert'), DAMAGE] : []));
  }

  /** One editor for each text; a document that is replaced (rule V4) gets a new one in its place. */
  #mount(tab: Tab): void {
    const outer = new Scope();
    let inner = new Scope();
    outer.add(() => inner.dispose());
    outer.watch(tab.document.bound, (bound) => {
      inner.dispose();
      inner = new Scope();
      const view = createEditor(inner, {
        bound,
        path: tab.path.peek(),
        language: computed(() => languageOf(tab.path.value)),
        readOnly: computed(() => {
          const { canEdit, status } = tab.document.state.value;
          // Offline one goes on writing: the outbox keeps it. Before the first answer the role is not known.
          return !canEdit || this.locked.value || status === 'refused' || status === 'destroyed';
        }),
        tools: this.toolsOf(tab),
        onUpdate: (updated) => this.#front?.view === updated && this.#tell(updated),
      });
      const before = this.#mounted.get(tab);
      const mounted = { scope: outer, view, scroll: undefined };
      this.#mounted.set(tab, mounted);
      if (before && before === this.#front) this.#bringToFront(mounted);
    });
  }

  #bringToFront(next: Mounted | undefined): void {
    const hadFocus = this.#host.contains(document.activeElement) || document.activeElement === document.body;
    const before = this.#front;
    if (before) {
      before.scroll = before.view.scrollSnapshot();
      this.#hideCursor(before);
    }
    this.#front = next;
    this.#host.replaceChildren(...(next ? [next.view.dom] : []));
    this.#facts.value = undefined;
    if (!next) return;
    if (next.scroll) next.view.dispatch({ effects: next.scroll });
    next.view.requestMeasure();
    this.#tell(next.view);
    if (hadFocus || this.#wantsFocus) next.view.focus();
    this.#wantsFocus = false;
  }

  /** One is in one file at a time: no caret stays behind in the one that was left. */
  #hideCursor(mounted: Mounted): void {
    for (const [tab, each] of this.#mounted) {
      if (each === mounted) tab.document.bound.peek().awareness.setLocalStateField('cursor', null);
    }
  }

  #tell({ state }: EditorView): void {
    this.#facts.value = factsOf(state);
  }
}
