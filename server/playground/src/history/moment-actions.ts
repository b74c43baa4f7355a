import type { RestoreAnswer } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import type { Readable, Signal } from '../base/signal.js';
import { nameOf } from '../tree/tree-model.js';
import { button, whileBusy } from '../ui/controls.js';
import { askText, confirm } from '../ui/dialog.js';
import { tell, tellError } from '../ui/toasts.js';
import type { OpenDocument } from '../workspace/open-document.js';
import type { DocumentHistory } from './document-history.js';
import { momentWords } from './moment-words.js';
import type { Moment } from './moments.js';
import { whyNotNamed, whyNotRestored } from './refusals.js';

const NAME_MOST = 120;

interface MomentActionsOptions {
  document: OpenDocument;
  path: Readable<string>;
  history: DocumentHistory;
  selected: Signal<Moment | undefined>;
  differences: Readable<number | undefined>;
  close: () => void;
}

/** What can be done with the chosen moment, by who may write in the file. */
export function momentActions(scope: Scope, options: MomentActionsOptions): HTMLElement {
  const { document, path, history, selected, differences, close } = options;
  const onChosen = (act: (moment: Moment) => unknown) => () => {
    const moment = selected.peek();
    if (moment) void act(moment);
  };
  const name = button('Name this version', { icon: 'bookmark', testId: 'name-version', onClick: onChosen(askName) });
  const rename = button('Rename', { icon: 'pencil', testId: 'rename-version', onClick: onChosen(askRename) });
  const remove = button('Delete', { kind: 'danger', testId: 'delete-version', onClick: onChosen(askUnname) });
  const restore = button('Restore', {
    kind: 'primary',
    icon: 'history',
    testId: 'restore',
    onClick: onChosen(askRestore),
  });
  const hint = h(
    'p',
    { class: 'hint', 'data-testid': 'history-readonly' },
    'You can look. Who may write in this file can name versions and restore them.',
  );
  scope.effect(() => {
    const { canEdit } = document.state.value;
    const moment = selected.value;
    hint.hidden = canEdit;
    name.hidden = !canEdit || !moment || moment.version !== undefined;
    rename.hidden = remove.hidden = !canEdit || !moment?.version;
    restore.hidden = !canEdit || !moment;
    name.disabled = differences.value === undefined;
    restore.disabled = !differences.value;
    restore.title = differences.value === 0 ? 'The text is the same now' : '';
  });
  return h('footer', { class: 'dialog-actions history-actions' }, hint, remove, rename, name, restore);

  function askName(moment: Moment): void {
    askText({
      title: 'Name this version',
      label: 'Name',
      maxLength: NAME_MOST,
      confirm: 'Name',
      submit: async (typed) => {
        const id = await refusedAs(whyNotNamed, history.name(moment, typed));
        selected.value = history.moments.peek().find(({ version }) => version?.id === id) ?? selected.peek();
      },
    });
  }

  function askRename({ version }: Moment): void {
    if (!version) return;
    askText({
      title: 'Rename version',
      label: 'Name',
      value: version.name,
      maxLength: NAME_MOST,
      confirm: 'Rename',
      submit: (typed) => refusedAs(whyNotNamed, history.rename(version, typed)),
    });
  }

  async function askUnname({ version }: Moment): Promise<void> {
    if (!version) return;
    const sure = await confirm({
      title: 'Delete version',
      text: `Delete “${version.name}”? The file stays as it is; this text is kept only as long as the rest of its history.`,
      confirm: 'Delete version',
      danger: true,
    });
    if (sure) await history.unname(version).catch((error: unknown) => tellError(error, whyNotNamed(error)));
  }

  async function askRestore(moment: Moment): Promise<void> {
    const file = nameOf(path.peek());
    const sure = await confirm({
      title: 'Restore this version?',
      text: `${file} gets its text of ${momentWords(moment)} back, for everybody. What others type meanwhile stays, and the text of now stays in the history.`,
      confirm: 'Restore',
    });
    if (!sure) return;
    try {
      const answer = await whileBusy(restore, () => history.restore(moment));
      close();
      if (!answer.changed) return tell(`${file} had that text already`);
      tell(`${file} has its text of ${momentWords(moment)} again`, { label: 'Undo', run: () => undo(answer) });
    } catch (error) {
      tellError(error, whyNotRestored(error));
    }
  }

  function undo(answer: RestoreAnswer): void {
    history.undoRestore(answer).then(
      () => tell('The restore was undone'),
      (error: unknown) => tellError(error, whyNotRestored(error)),
    );
  }
}

/** Rejects with words in place of the refusal. */
async function refusedAs<T>(wordsOf: (error: unknown) => string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(wordsOf(error));
  }
}
