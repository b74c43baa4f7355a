import { h, setText } from '../base/dom.js';
import { askText, confirm } from '../ui/dialog.js';
import { icon } from '../ui/icons.js';
import { type MenuEntry, openMenu } from '../ui/menu.js';
import { tellError } from '../ui/toasts.js';
import type { Desk } from './desk.js';
import { go } from './router.js';

export function askNewProject(desk: Desk): void {
  askText({
    title: 'New project',
    label: 'Name',
    confirm: 'Create project',
    submit: async (name) => {
      const { id } = await desk.projects.create(name);
      go({ projectId: id });
    },
  });
}

/** The name of the project; opens the list of all, and what can be done with this one. */
export function projectMenu(desk: Desk, onMembers: () => void, onSettings: () => void): HTMLElement {
  const name = h('span', { class: 'project-name' });
  const open = () => {
    const project = desk.workplace.peek()?.project;
    const entries: MenuEntry[] = [{ heading: 'Projects' }];
    for (const { id, name, role } of desk.projects.all.peek()) {
      const run = () => go({ projectId: id });
      entries.push({ label: name, note: role, checked: id === project?.id, testId: 'project', run });
    }
    entries.push('separator', {
      label: 'New project…',
      icon: 'plus',
      testId: 'new-project',
      run: () => askNewProject(desk),
    });
    if (project) {
      entries.push({ label: 'Members…', icon: 'users', run: onMembers });
      if (project.canManage.peek()) {
        entries.push(
          { label: 'Project settings…', icon: 'settings', testId: 'project-settings', run: onSettings },
          { label: 'Rename project…', icon: 'pencil', run: rename },
        );
      }
      if (project.role.peek() === 'owner') {
        entries.push({ label: 'Delete project…', icon: 'trash', danger: true, run: () => void remove() });
      }
    }
    openMenu('Projects', entries, { anchor: control });
  };
  const control = h(
    'button',
    {
      type: 'button',
      class: 'project-switch',
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      'data-testid': 'project-menu',
      // What others added meanwhile is in the list when it opens; without an answer the known ones are.
      on: { click: () => void desk.projects.load().catch(tellError).then(open) },
    },
    name,
    icon('chevron-down'),
  );
  desk.scope.effect(() => setText(name, desk.workplace.value?.project.name.value || 'Projects'));
  return control;

  function rename(): void {
    const project = desk.workplace.peek()?.project;
    if (!project) return;
    askText({
      title: 'Rename project',
      label: 'Name',
      value: project.name.peek(),
      confirm: 'Rename',
      submit: async (name) => {
        await desk.projects.rename(project.id, name);
        project.rename(name);
      },
    });
  }

  async function remove(): Promise<void> {
    const project = desk.workplace.peek()?.project;
    if (!project) return;
    const sure = await confirm({
      title: 'Delete project',
      text: `Delete ${project.name.peek()} with all of its files, for everybody? This cannot be undone.`,
      confirm: 'Delete project',
      danger: true,
    });
    if (!sure) return;
    // The server's event takes us out of it, as it does everybody else.
    await desk.projects.delete(project.id).then(() => go({}, 'replace'), tellError);
  }
}
