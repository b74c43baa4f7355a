import { h } from '../base/dom.js';
import { computed, signal } from '../base/signal.js';
import { nameOf } from '../tree/tree-model.js';
import { openDialog } from '../ui/dialog.js';
import type { Tab } from '../workspace/tabs.js';
import type { Workplace } from '../workspace/workplace.js';
import { DocumentHistory } from './document-history.js';
import { historySide } from './history-side.js';
import { momentActions } from './moment-actions.js';
import { momentList } from './moment-list.js';
import { momentView } from './moment-view.js';
import { type Moment, stillChosen } from './moments.js';

/**
 * What a file was: who changed it and when, its text of then, and the way back. One list for changes and names as in Google Docs
 * and Figma, the difference from now as in the timeline of VS Code.
 */
export function openHistory({ project, userNames }: Workplace, { document, path }: Tab): void {
  const history = new DocumentHistory(project.api.history, document.documentId);
  const onlyNamed = signal(false);
  const moments = computed(() => (onlyNamed.value ? history.named.value : history.moments.value));
  const selected = signal<Moment | undefined>(undefined);

  openDialog({
    title: `History of ${nameOf(path.peek())}`,
    testId: 'history-dialog',
    full: true,
    body: ({ scope, close }) => {
      scope.watch(moments, (all) => {
        selected.value = stillChosen(selected.peek(), all);
      });
      const view = momentView(scope, { path: path.peek(), document, selected, history });
      const list = momentList(scope, {
        moments,
        versions: history.versions,
        selected,
        colorOf: (userId) => userNames.of(userId)?.color,
        onSelect: (moment) => {
          selected.value = moment;
        },
      });
      const side = historySide(scope, { document, history, onlyNamed, moments, list });
      return [
        h('div', { class: 'history' }, side, view.element),
        momentActions(scope, { document, path, history, selected, differences: view.differences, close }),
      ];
    },
  });
}
