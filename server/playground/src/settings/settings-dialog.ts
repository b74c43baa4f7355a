import type { TandemApi } from '@tandem/protocol/client';
import type { IdeSettings, User } from '@tandem/protocol/http';
import type { AiPreferences } from '../ai/ai-preferences.js';
import type { Assistance } from '../ai/assistance.js';
import { h } from '../base/dom.js';
import { field, select } from '../ui/controls.js';
import { openDialog } from '../ui/dialog.js';
import { messageOf } from '../ui/toasts.js';
import { accountSettings } from './account-settings.js';
import { aiSettings } from './ai-settings.js';
import { factorSettings } from './factor-settings.js';
import { identitySettings } from './identity-settings.js';
import { sessionSettings } from './session-settings.js';
import { ideSettings, type ProfileSettings } from './settings.js';

/** Whose settings they are. */
export interface SettingsOwner {
  readonly profile: ProfileSettings;
  readonly assistance: Assistance;
  readonly api: TandemApi;
  readonly user: User;
}

/** Each change is in force at once and saved behind it: there is nothing to confirm. */
export function openSettings({ profile, assistance, api, user }: SettingsOwner): void {
  const state = h(
    'p',
    { class: 'hint saved-note', role: 'status', 'data-testid': 'settings-state' },
    'Kept in your profile.',
  );
  const set = (change: Partial<IdeSettings>) => tell(profile.save(change));
  const setAi = (change: Partial<AiPreferences>) => tell(profile.saveAi(change));
  const tell = (saving: Promise<void>) => {
    state.classList.remove('problem');
    state.textContent = 'Saving…';
    saving.then(
      () => {
        state.textContent = 'Saved in your profile.';
      },
      (error: unknown) => {
        state.classList.add('problem');
        state.textContent = `Not saved: ${messageOf(error)}`;
      },
    );
  };
  const now = ideSettings.peek();

  const theme = h(
    'div',
    { class: 'segments', role: 'radiogroup', 'aria-label': 'Theme' },
    ...(['system', 'light', 'dark'] as const).map((value) =>
      h(
        'label',
        { class: 'segment' },
        h('input', {
          type: 'radio',
          name: 'theme',
          value,
          checked: now.theme === value,
          on: { change: () => set({ theme: value }) },
        }),
        value.charAt(0).toUpperCase() + value.slice(1),
      ),
    ),
  );
  const keymap = select(
    [
      ['default', 'Default'],
      ['vim', 'Vim'],
      ['emacs', 'Emacs'],
    ] as const,
    now.keymap,
    { 'data-testid': 'keymap' },
  );
  keymap.addEventListener('change', () => set({ keymap: keymap.value as IdeSettings['keymap'] }));
  const family = h('input', {
    type: 'text',
    value: now.fontFamily,
    maxlength: 120,
    placeholder: 'The default of this system',
    spellcheck: 'false',
    'data-testid': 'font-family',
    on: { change: () => set({ fontFamily: family.value.trim() }) },
  });
  const wrapping = h('input', {
    type: 'checkbox',
    class: 'switch',
    role: 'switch',
    checked: now.lineWrapping,
    'data-testid': 'line-wrapping',
    on: { change: () => set({ lineWrapping: wrapping.checked }) },
  });
  const size = number(now.fontSize, 8, 40, 'font-size', (fontSize) => set({ fontSize }));
  const tab = number(now.tabSize, 1, 16, 'tab-size', (tabSize) => set({ tabSize }));

  openDialog({
    title: 'Settings',
    testId: 'settings-dialog',
    body: ({ scope }) => [
      h(
        'div',
        { class: 'settings' },
        h('div', { class: 'field' }, h('span', { class: 'label' }, 'Theme'), theme),
        field('Keymap', keymap),
        field('Font', family),
        field('Font size', size),
        field('Tab size', tab, 'A file that indents in another way keeps it.'),
        field('Wrap long lines', wrapping),
      ),
      aiSettings(scope, assistance, setAi),
      accountSettings(api),
      factorSettings(api),
      identitySettings(api, user),
      sessionSettings(api, user),
      state,
    ],
  });
}

function number(
  value: number,
  min: number,
  max: number,
  testId: string,
  change: (value: number) => void,
): HTMLInputElement {
  const input = h('input', { type: 'number', value, min, max, step: 1, required: true, 'data-testid': testId });
  input.addEventListener('change', () => {
    // Out of range stays in the field, marked by the browser; only what the profile can hold is used.
    if (input.checkValidity()) change(input.valueAsNumber);
  });
  return input;
}
