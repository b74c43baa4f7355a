import { h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { iconButton, whileBusy } from '../ui/controls.js';
import { tellError } from '../ui/toasts.js';
import type { Workplace } from '../workspace/workplace.js';
import { tabStrip } from './tab-strip.js';

/** The open files, and what can be done with the one in front. */
export function tabRow(scope: Scope, workplace: Workplace): HTMLElement {
  const { tabs } = workplace;
  const openHistory = async () => {
    // Fetched when somebody looks back for the first time.
    const dialog = await import('../history/history-dialog.js');
    const tab = tabs.active.peek();
    if (tab && !scope.disposed) dialog.openHistory(workplace, tab);
  };
  const history = iconButton(
    'history',
    'History of this file',
    () => void whileBusy(history, openHistory).catch(tellError),
    'history',
  );
  const tools = h('div', { class: 'tab-tools', role: 'toolbar', 'aria-label': 'File' }, history);
  scope.effect(() => {
    tools.hidden = !tabs.active.value;
  });
  return h('div', { class: 'tab-row' }, tabStrip(scope, tabs), tools);
}
