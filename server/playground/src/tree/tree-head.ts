import { h } from '../base/dom.js';
import { iconButton } from '../ui/controls.js';
import type { Project } from '../workspace/project.js';

interface TreeHeadOptions {
  project: Project;
  newFile: () => void;
  newFolder: () => void;
  collapse: () => void;
}

/** The title of the tree and its tools; who may not write has no tools that make something. */
export function treeHead({ project, newFile, newFolder, collapse }: TreeHeadOptions): HTMLElement {
  const makers = [
    iconButton('file-plus', 'New file', newFile, 'new-file'),
    iconButton('folder-plus', 'New folder', newFolder, 'new-folder'),
  ];
  project.scope.effect(() => {
    for (const maker of makers) maker.hidden = !project.canWrite.value;
  });
  return h(
    'header',
    { class: 'side-head' },
    h('h2', {}, 'Files'),
    h('div', { class: 'side-tools' }, ...makers, iconButton('collapse', 'Collapse folders', collapse)),
  );
}
