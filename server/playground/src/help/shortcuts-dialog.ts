import { KEY_NAMES } from '../ai/key-names.js';
import { h } from '../base/dom.js';
import { openDialog } from '../ui/dialog.js';

const mod = /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl';

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'Suggestions',
    [
      [KEY_NAMES.accept, 'Accept the suggestion at the caret; without one, indent'],
      [KEY_NAMES.word, 'Accept one word of it'],
      [`${KEY_NAMES.next}, ${KEY_NAMES.previous}`, 'Next, previous suggestion; asks for several where there is one'],
      [KEY_NAMES.dismiss, 'Dismiss it'],
      [KEY_NAMES.ask, 'Ask for suggestions'],
    ],
  ],
  [
    'Problems',
    [
      ['F8, Shift F8', 'Next, previous problem'],
      [`${mod} Shift M`, 'Show or hide the list'],
    ],
  ],
  [
    'Files and text',
    [
      [`${mod} P`, 'Go to a file'],
      [`${mod} F`, 'Find and replace'],
      [`${mod} Z`, 'Undo your own last edit'],
      ['Ctrl Space', 'List of completions'],
      ['Esc Tab', 'Leave the editor by keyboard'],
    ],
  ],
];

export function openShortcuts(): void {
  openDialog({
    title: 'Keyboard shortcuts',
    testId: 'shortcuts-dialog',
    body: () => [
      ...GROUPS.map(([title, keys]) =>
        h(
          'section',
          { class: 'shortcuts' },
          h('h3', {}, title),
          h('dl', {}, ...keys.flatMap(([names, words]) => [h('dt', {}, ...keyCaps(names)), h('dd', {}, words)])),
        ),
      ),
      h(
        'p',
        { class: 'hint' },
        'In Vim the keys for suggestions work while you insert, and Esc also ends the insertion. The brackets and the backslash go by their place on an American keyboard.',
      ),
    ],
  });
}

const keyCaps = (names: string): (Node | string)[] =>
  names
    .split(', ')
    .flatMap((combination, index) => [
      ...(index > 0 ? [', '] : []),
      ...combination.split(' ').map((key) => h('kbd', {}, key)),
    ]);
