import { type Child, h } from '../base/dom.js';
import { button } from '../ui/controls.js';
import { logo } from '../ui/icons.js';
import type { Workplace } from '../workspace/workplace.js';
import type { Desk } from './desk.js';
import { askNewProject } from './project-menu.js';
import { go } from './router.js';

function stage(testId: string, title: string, ...children: Child[]): HTMLElement {
  return h('div', { class: 'stage', 'data-testid': testId }, logo(), h('h2', {}, title), ...children);
}

export const openingStage = (): HTMLElement =>
  h('div', { class: 'stage quiet', role: 'status' }, logo(), h('p', {}, 'Opening…'));

export const noProjectsStage = (desk: Desk): HTMLElement =>
  stage(
    'no-projects',
    'No projects yet',
    h('p', {}, 'Create one, or ask somebody to add you to theirs.'),
    button('New project', { kind: 'primary', icon: 'plus', onClick: () => askNewProject(desk) }),
  );

export const failedStage = (desk: Desk, message: string, offline: boolean): HTMLElement =>
  stage(
    'failed',
    offline ? 'No connection' : 'This project cannot be opened',
    h(
      'p',
      {},
      `${message}. ${offline ? 'The page tries again by itself.' : 'It may have been deleted, or it was never shared with you.'}`,
    ),
    h(
      'div',
      { class: 'stage-actions' },
      button('Try again', { onClick: () => desk.retry() }),
      !offline && button('My projects', { kind: 'primary', onClick: () => go({}, 'replace') }),
    ),
  );

export const noFilesStage = ({ project }: Workplace, newFile: () => void): HTMLElement =>
  stage(
    'empty-project',
    'An empty project',
    h(
      'p',
      {},
      project.canWrite.peek()
        ? 'Everything begins with a file. A path makes its folders: src/main.ts'
        : 'Nobody has made a file yet.',
    ),
    project.canWrite.peek() && button('New file', { kind: 'primary', icon: 'file-plus', onClick: newFile }),
  );

const mod = /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl';

export const noFileStage = (quickOpen: () => void): HTMLElement =>
  stage(
    'no-file',
    'No file open',
    h('p', {}, 'Choose one in the tree, or by name.'),
    button(h('span', {}, 'Go to file ', h('kbd', {}, `${mod} P`)), { icon: 'search', onClick: quickOpen }),
  );
