import { h } from '../base/dom.js';
import { avatar } from '../ui/avatar.js';
import { button, iconButton } from '../ui/controls.js';
import { logo } from '../ui/icons.js';
import { openMenu } from '../ui/menu.js';
import type { Desk } from './desk.js';
import { projectMenu } from './project-menu.js';

interface TopBarOptions {
  treeToggle: HTMLElement;
  /** Filled by the project that is open. */
  presence: HTMLElement;
  onMembers: () => void;
  onSettings: () => void;
  onProjectSettings: () => void;
  onShortcuts: () => void;
  onSignOut: () => void;
}

export function topBar(desk: Desk, options: TopBarOptions): HTMLElement {
  const { treeToggle, presence, onMembers, onSettings, onProjectSettings } = options;
  const share = button('Share', { icon: 'users', testId: 'members', onClick: onMembers });
  share.classList.add('small');
  desk.scope.effect(() => {
    share.hidden = desk.workplace.value === undefined;
  });
  return h(
    'header',
    { class: 'top' },
    treeToggle,
    h('div', { class: 'top-mark', title: 'Tandem' }, logo()),
    projectMenu(desk, onMembers, onProjectSettings),
    h('div', { class: 'top-space' }),
    presence,
    share,
    iconButton('settings', 'Settings', onSettings, 'settings'),
    accountMenu(desk, options),
  );
}

function accountMenu({ user }: Desk, { onSettings, onShortcuts, onSignOut }: TopBarOptions): HTMLElement {
  const control = h(
    'button',
    {
      type: 'button',
      class: 'face',
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      'aria-label': `Signed in as ${user.displayName}`,
      title: `${user.displayName} (you)`,
      'data-testid': 'account',
      'data-name': user.displayName,
      on: {
        click: () =>
          openMenu(
            'Account',
            [
              { heading: [user.displayName, user.kind === 'guest' ? 'guest' : user.email].filter(Boolean).join(' · ') },
              { label: 'Settings…', icon: 'settings', run: onSettings },
              { label: 'Keyboard shortcuts…', icon: 'keyboard', testId: 'shortcuts', run: onShortcuts },
              'separator',
              { label: 'Sign out', icon: 'sign-out', testId: 'sign-out', run: onSignOut },
            ],
            { anchor: control, side: 'end' },
          ),
      },
    },
    avatar(user.displayName, undefined),
  );
  return control;
}
