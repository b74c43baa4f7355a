import { h } from '../base/dom.js';
import { Scope } from '../base/scope.js';
import { signal } from '../base/signal.js';
import { type EditorFacts, EditorPane } from '../editor/editor-pane.js';
import { openMembers } from '../members/members-dialog.js';
import { presenceList } from '../presence/presence-list.js';
import { openSettings } from '../settings/settings-dialog.js';
import type { StatusKind } from '../status/status.js';
import { statusBar } from '../status/status-bar.js';
import { tabStrip } from '../tabs/tab-strip.js';
import { treeView } from '../tree/tree-view.js';
import { avatar } from '../ui/avatar.js';
import { button, iconButton } from '../ui/controls.js';
import { logo } from '../ui/icons.js';
import { openMenu } from '../ui/menu.js';
import { tell, tellError } from '../ui/toasts.js';
import type { Tabs } from '../workspace/tabs.js';
import type { Workplace } from '../workspace/workplace.js';
import type { Desk } from './desk.js';
import { failedStage, noFileStage, noFilesStage, noProjectsStage, openingStage } from './empty-stages.js';
import { projectMenu } from './project-menu.js';
import { openQuickOpen } from './quick-open.js';
import { place, shareAddress } from './router.js';
import { splitter } from './splitter.js';

interface ShellOptions {
  onSignOut: () => void;
  onSignInAgain: () => void;
}

/**
 *     top:    project | presence, members, settings, account
 *     side | splitter | work: tabs, editor (a panel below it has its row)
 *     status line
 */
export function shell(desk: Desk, { onSignOut, onSignInAgain }: ShellOptions): HTMLElement {
  const { scope } = desk;
  const facts = signal<EditorFacts | undefined>(undefined);
  const tabs = signal<Tabs | undefined>(undefined);
  const project = signal<Workplace['project'] | undefined>(undefined);
  const side = h('aside', { class: 'side', id: 'side' });
  const work = h('main', { class: 'work' });
  const presence = h('div', { class: 'top-presence' });
  const app = h('div', { class: 'app', 'data-testid': 'app' });

  const members = () => {
    const workplace = desk.workplace.peek();
    if (workplace) openMembers(workplace.project, desk.user.id);
  };
  const settings = () => openSettings(desk.profile);
  const showTree = (shown: boolean) => app.classList.toggle('tree-shown', shown);
  const copyAddress = () =>
    void navigator.clipboard
      .writeText(shareAddress(place.peek()))
      .then(() => tell('Address copied: it opens this file for every member of the project'), tellError);

  const account = h(
    'button',
    {
      type: 'button',
      class: 'face',
      'aria-haspopup': 'menu',
      'aria-label': `Signed in as ${desk.user.displayName}`,
      title: `${desk.user.displayName} (you)`,
      'data-testid': 'account',
      'data-name': desk.user.displayName,
      on: {
        click: () =>
          openMenu(
            'Account',
            [
              {
                heading: desk.user.email
                  ? `${desk.user.displayName} · ${desk.user.email}`
                  : `${desk.user.displayName} · guest`,
              },
              { label: 'Settings…', icon: 'settings', run: settings },
              { label: 'Copy address of this file', icon: 'link', run: copyAddress },
              'separator',
              { label: 'Sign out', icon: 'sign-out', testId: 'sign-out', run: onSignOut },
            ],
            { anchor: account, side: 'end' },
          ),
      },
    },
    avatar(desk.user.displayName, undefined),
  );
  const treeToggle = iconButton(
    'sidebar',
    'Files',
    () => showTree(!app.classList.contains('tree-shown')),
    'toggle-tree',
  );
  treeToggle.classList.add('tree-toggle');
  const top = h(
    'header',
    { class: 'top' },
    treeToggle,
    h('div', { class: 'top-mark', title: 'Tandem' }, logo()),
    projectMenu(desk, members),
    h('div', { class: 'top-space' }),
    presence,
    iconButton('users', 'Members', members, 'members'),
    iconButton('settings', 'Settings', settings, 'settings'),
    account,
  );
  const banner = h(
    'div',
    { class: 'banner', role: 'alert', hidden: true },
    h(
      'span',
      {},
      'You are signed out here. Edits that wait are kept in this browser and go out when you sign in again.',
    ),
    button('Sign in', { kind: 'primary', onClick: onSignInAgain }),
  );
  const onStatus = (kind: StatusKind) => {
    if (kind === 'refused') desk.workplace.peek()?.showKept();
    if (kind === 'signed-out') onSignInAgain();
  };
  const bar = statusBar(scope, { status: desk.status, facts, project, tabs, onStatus, onSettings: settings });
  app.append(top, banner, side, splitter(app), work, bar);

  scope.effect(() => {
    banner.hidden = desk.status.value.kind !== 'signed-out';
  });
  scope.listen<KeyboardEvent>(window, 'keydown', (event) => {
    const wanted =
      event.key.toLowerCase() === 'p' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const workplace = desk.workplace.peek();
    // A keymap that uses these keys itself (Emacs) has had them already.
    if (!wanted || event.defaultPrevented || !workplace) return;
    event.preventDefault();
    openQuickOpen(workplace);
  });

  let inner = new Scope();
  scope.add(() => inner.dispose());
  scope.watch(desk.stage, (stage) => {
    inner.dispose();
    inner = new Scope();
    presence.replaceChildren();
    side.replaceChildren();
    facts.value = undefined;
    project.value = stage.kind === 'open' ? stage.workplace.project : undefined;
    tabs.value = stage.kind === 'open' ? stage.workplace.tabs : undefined;
    app.classList.toggle('no-side', stage.kind !== 'open');
    if (stage.kind === 'open') enter(stage.workplace, inner);
    else if (stage.kind === 'opening') work.replaceChildren(openingStage());
    else if (stage.kind === 'no-projects') work.replaceChildren(noProjectsStage(desk));
    else work.replaceChildren(failedStage(desk, stage.message));
  });
  return app;

  function enter(workplace: Workplace, within: Scope): void {
    const pane = new EditorPane(within, workplace.tabs);
    const tree = treeView({ ...workplace, model: workplace.tree, people: workplace.presence.byDocument });
    const blank = h('div', { class: 'blank' });
    side.replaceChildren(tree.element);
    presence.replaceChildren(
      presenceList(within, workplace.project, workplace.presence, ({ person, documentId }) => {
        if (!documentId) return tell(`${person.name} has no file open`);
        workplace.tabs.open(documentId);
        void pane.jumpTo(person.id);
      }),
    );
    work.replaceChildren(tabStrip(within, workplace.tabs), pane.element, blank);
    within.effect(() => {
      facts.value = pane.facts.value;
    });
    within.effect(() => {
      const tab = workplace.tabs.active.value;
      const isEmpty = workplace.project.documents.value.size === 0;
      document.title = [tab?.path.value, workplace.project.name.value, 'Tandem'].filter(Boolean).join(' · ');
      blank.hidden = tab !== undefined;
      pane.element.hidden = tab === undefined;
      blank.replaceChildren(
        isEmpty ? noFilesStage(workplace, tree.newFile) : noFileStage(() => openQuickOpen(workplace)),
      );
      if (tab) showTree(false);
    });
  }
}
