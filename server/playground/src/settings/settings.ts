import type { TandemApi } from '@tandem/protocol/client';
import type { IdeSettings, Profile } from '@tandem/protocol/http';
import { computed, type Readable, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';

const THEME_KEY = 'tandem.theme';

export const DEFAULT_SETTINGS: IdeSettings = {
  theme: 'system',
  keymap: 'default',
  fontFamily: '',
  fontSize: 14,
  tabSize: 2,
  lineWrapping: false,
};

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(systemDark.matches);
systemDark.addEventListener('change', () => {
  systemIsDark.value = systemDark.matches;
});

const settings = signal<IdeSettings>({
  ...DEFAULT_SETTINGS,
  // The last theme of this browser, so that the sign-in page does not flash in another one.
  theme: readStored<IdeSettings['theme']>(localStorage, THEME_KEY) ?? DEFAULT_SETTINGS.theme,
});

/** The settings in force. */
export const ideSettings: Readable<IdeSettings> = settings;

export const darkTheme = computed(() => {
  const { theme } = settings.value;
  return theme === 'system' ? systemIsDark.value : theme === 'dark';
});

export function useSettings(next: IdeSettings): void {
  settings.value = next;
  writeStored(localStorage, THEME_KEY, next.theme);
}

/** The profile of one signed-in user: the settings are applied at once and stored behind them. */
export class ProfileSettings {
  #profile: Profile | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly api: TandemApi) {}

  async load(): Promise<void> {
    this.#profile = await this.api.profile();
    useSettings(this.#profile.ideSettings);
  }

  /** Effective at once; resolves when the server has them. A failed save leaves them in force for this visit. */
  save(change: Partial<IdeSettings>): Promise<void> {
    useSettings({ ...settings.peek(), ...change });
    // One request at a time, each with the newest values: two that overtake each other would store the older ones.
    const next = this.#saving.then(async () => {
      const profile = this.#profile ?? (await this.api.profile());
      this.#profile = await this.api.saveProfile({ ...profile, ideSettings: settings.peek() });
    });
    this.#saving = next.catch(() => {});
    return next;
  }
}
