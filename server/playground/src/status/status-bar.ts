import { h, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import type { Readable } from '../base/signal.js';
import type { EditorFacts } from '../editor/editor-facts.js';
import { languageOf } from '../editor/languages.js';
import { ideSettings } from '../settings/settings.js';
import { type IconName, icon } from '../ui/icons.js';
import type { Project } from '../workspace/project.js';
import type { Tabs } from '../workspace/tabs.js';
import type { Status, StatusKind } from './status.js';

const SIGNS: Record<StatusKind, IconName | undefined> = {
  idle: undefined,
  opening: undefined,
  saved: 'check',
  saving: undefined,
  offline: 'offline',
  stalled: 'alert',
  readonly: 'lock',
  refused: 'alert',
  'signed-out': 'sign-out',
};

/** Worth reading out: everything but the coming and going of a save. */
const QUIET: ReadonlySet<StatusKind> = new Set(['idle', 'opening', 'saved', 'saving']);

/** A save that takes less than this is not worth a flicker; `data-state` tells it at once all the same. */
const SAVING_SHOWN_AFTER_MS = 350;
/** One that takes longer is worth a number. */
const SLOW_AFTER_MS = 4_000;

interface StatusBarOptions {
  status: Readable<Status>;
  facts: Readable<EditorFacts | undefined>;
  project: Readable<Project | undefined>;
  tabs: Readable<Tabs | undefined>;
  /** What a press on the status does, where there is something to do. */
  onStatus: (kind: StatusKind) => void;
  onSettings: () => void;
  /** Of other parts of the page: beside the state, and at the end. */
  near: HTMLElement[];
  far: HTMLElement[];
}

export function statusBar(scope: Scope, options: StatusBarOptions): HTMLElement {
  const { status, facts, project, tabs } = options;
  const sign = h('span', { class: 'status-sign' });
  const text = h('span', { class: 'status-text' });
  const state = h(
    'button',
    {
      type: 'button',
      class: 'status-item status-state',
      'data-testid': 'status',
      on: { click: () => options.onStatus(status.peek().kind) },
    },
    sign,
    text,
  );
  const spoken = h('span', { class: 'sr-only', role: 'status' });
  let since = { kind: '', at: 0 };
  let cancel = () => {};
  const show = ({ kind, text: words }: Status) => {
    const name = SIGNS[kind];
    state.dataset.shown = kind;
    sign.replaceChildren(...(name ? [icon(name)] : [h('i', { class: 'pulse' })]));
    setText(text, words);
  };
  const showNow = (now: Status) => {
    cancel();
    const lasted = Date.now() - since.at;
    if (now.kind !== 'saving') show(now);
    else if (lasted >= SLOW_AFTER_MS) show({ ...now, text: now.slowText ?? now.text });
    else if (lasted >= SAVING_SHOWN_AFTER_MS) {
      show(now);
      cancel = scope.after(SLOW_AFTER_MS - lasted, () => showNow(status.peek()));
    } else cancel = scope.after(SAVING_SHOWN_AFTER_MS - lasted, () => showNow(status.peek()));
  };
  scope.effect(() => {
    const now = status.value;
    state.dataset.state = now.kind;
    if (now.kind !== since.kind) since = { kind: now.kind, at: Date.now() };
    showNow(now);
    setText(spoken, QUIET.has(now.kind) ? '' : now.text);
  });

  const role = h('span', { class: 'status-item status-role', title: 'Your role in this project' });
  const position = h('span', { class: 'status-item numbers', 'data-testid': 'position' });
  const indent = h('button', {
    type: 'button',
    class: 'status-item',
    on: { click: options.onSettings },
    title: 'Settings',
  });
  const keymap = h('button', {
    type: 'button',
    class: 'status-item',
    on: { click: options.onSettings },
    title: 'Keymap',
  });
  const language = h('span', { class: 'status-item', 'data-testid': 'language' });
  scope.effect(() => {
    const at = facts.value;
    const tab = tabs.value?.active.value;
    const name = project.value?.role.value ?? '';
    setText(role, name.charAt(0).toUpperCase() + name.slice(1));
    const selected = at && at.selected > 0 ? ` (${at.selected} selected)` : '';
    setText(position, at ? `Ln ${at.line}, Col ${at.column}${selected}` : '');
    setText(indent, at ? (at.tabs ? `Tabs: ${ideSettings.value.tabSize}` : `Spaces: ${at.indent}`) : '');
    const { keymap: keys } = ideSettings.value;
    setText(keymap, keys === 'default' ? '' : keys === 'vim' ? 'Vim' : 'Emacs');
    setText(language, tab ? languageOf(tab.path.value).name : '');
    for (const item of [role, position, indent, keymap, language]) item.hidden = item.textContent === '';
  });
  return h(
    'footer',
    { class: 'status-bar', 'aria-label': 'Status' },
    state,
    spoken,
    role,
    ...options.near,
    h('span', { class: 'status-space' }),
    position,
    indent,
    keymap,
    language,
    ...options.far,
  );
}
