import { aiStatus } from '../ai/ai-status.js';
import { editorTools } from '../ai/editor-tools.js';
import { ProjectAttributions } from '../ai/project-attributions.js';
import { h } from '../base/dom.js';
import { Scope } from '../base/scope.js';
import { computed, signal } from '../base/signal.js';
import type { EditorFacts } from '../editor/editor-facts.js';
import { EditorPane } from '../editor/editor-pane.js';
import { openShortcuts } from '../help/shortcuts-dialog.js';
import { openMembers } from '../members/members-dialog.js';
import { presenceList } from '../presence/presence-list.js';
import { problemCounts } from '../problems/problem-counts.js';
import { ProblemsView } from '../problems/problems-view.js';
import { openProjectSettings } from '../settings/project-settings-dialog.js';
import { openSettings } from '../settings/settings-dialog.js';
import type { StatusKind } from '../status/status.js';
import { statusBar } from '../status/status-bar.js';
import { tabRow } from '../tabs/tab-row.js';
import { treeView } from '../tree/tree-view.js';
import { button, iconButton } from '../ui/controls.js';
import { tell } from '../ui/toasts.js';
import type { Tabs } from '../workspace/tabs.js';
import type { Workplace } from '../workspace/workplace.js';
import type { Desk } from './desk.js';
import { failedStage, noFileStage, noFilesStage, noProjectsStage, openingStage } from './empty-stages.js';
import { openQuickOpen } from './quick-open.js';
import { splitter } from './splitter.js';
import { topBar } from './top-bar.js';

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
  const settings = () => openSettings(desk);
  const projectSettings = () => {
    const workplace = desk.workplace.peek();
    if (workplace) openProjectSettings(workplace, desk.assistance);
  };
  const showTree = (shown: boolean) => {
    app.classList.toggle('tree-shown', shown);
    treeToggle.setAttribute('aria-expanded', String(shown));
  };

  const treeToggle = iconButton(
    'sidebar',
    'Files',
    () => showTree(!app.classList.contains('tree-shown')),
    'toggle-tree',
  );
  treeToggle.classList.add('tree-toggle');
  const top = topBar(desk, {
    treeToggle,
    presence,
    onMembers: members,
    onSettings: settings,
    onProjectSettings: projectSettings,
    onShortcuts: openShortcuts,
    onSignOut,
  });
  const isSignedOut = computed(() => desk.status.value.kind === 'signed-out');
  const banner = signedOutBanner(desk, onSignInAgain);
  const onStatus = (kind: StatusKind) => {
    if (kind === 'refused') desk.workplace.peek()?.showKept();
    if (kind === 'signed-out') onSignInAgain();
  };
  const problemsView = signal<ProblemsView | undefined>(undefined);
  const counts = problemCounts(scope, {
    problems: computed(() => desk.workplace.value?.problems),
    isOpen: computed(() => problemsView.value?.isOpen.value ?? false),
    onPress: () => problemsView.peek()?.toggle(),
  });
  const ai = aiStatus(scope, { ...desk, project, onShortcuts: openShortcuts });
  const bar = statusBar(scope, {
    status: desk.status,
    facts,
    project,
    tabs,
    onStatus,
    onSettings: settings,
    near: [counts],
    far: [ai],
  });
  // On a narrow page the tree lies over the editor, and goes when it has served.
  treeToggle.setAttribute('aria-controls', 'side');
  showTree(false);
  work.addEventListener('pointerdown', () => showTree(false));
  side.addEventListener('keydown', (event) => event.key === 'Escape' && showTree(false));
  side.addEventListener('click', (event) => (event.target as Element).closest('.tree-row.file') && showTree(false));
  app.append(top, banner, side, splitter(app), work, bar);

  scope.effect(() => {
    banner.hidden = !isSignedOut.value;
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
    document.title = 'Tandem';
    presence.replaceChildren();
    side.replaceChildren();
    facts.value = undefined;
    problemsView.value = undefined;
    project.value = stage.kind === 'open' ? stage.workplace.project : undefined;
    tabs.value = stage.kind === 'open' ? stage.workplace.tabs : undefined;
    app.classList.toggle('no-side', stage.kind !== 'open');
    if (stage.kind === 'open') enter(stage.workplace, inner);
    else if (stage.kind === 'opening') work.replaceChildren(openingStage());
    else if (stage.kind === 'no-projects') work.replaceChildren(noProjectsStage(desk));
    else work.replaceChildren(failedStage(desk, stage.message, stage.offline));
  });
  return app;

  function enter(workplace: Workplace, within: Scope): void {
    const { client } = desk.connection;
    const attributions = new ProjectAttributions({
      ...workplace,
      client,
      assistance: desk.assistance,
      self: desk.user,
    });
    const pane = new EditorPane(
      within,
      workplace.tabs,
      isSignedOut,
      (tab) => editorTools(tab.document, workplace, desk.assistance, attributions),
      workplace.damage.damaged,
    );
    const problems = new ProblemsView(within, workplace, pane);
    problemsView.value = problems;
    const tree = treeView({
      ...workplace,
      model: workplace.tree,
      people: workplace.presence.byDocument,
      focusEditor: () => pane.focus(),
    });
    const blank = h('div', { class: 'blank' });
    side.replaceChildren(tree.element);
    presence.replaceChildren(
      presenceList(within, workplace.project, workplace.presence, ({ person, documentId }) => {
        if (!documentId) return tell(`${person.name} has no file open`);
        workplace.tabs.open(documentId);
        void pane.jumpTo(person.id);
      }),
    );
    work.replaceChildren(tabRow(within, workplace), pane.element, blank, problems.panel);
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
    });
  }
}

function signedOutBanner({ user }: Desk, onSignIn: () => void): HTMLElement {
  const words =
    user.kind !== 'guest'
      ? 'You are signed out here. Edits that wait are kept in this browser and go out when you sign in again.'
      : 'This guest session has ended. Copy what was not saved before you leave; the printed link makes a new guest.';
  return h(
    'div',
    { class: 'banner', role: 'alert', hidden: true },
    h('span', {}, words),
    button('Sign in', { kind: 'primary', onClick: onSignIn }),
  );
}
