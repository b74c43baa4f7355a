import type { TandemApi } from '@tandem/protocol/client';
import type { IdeSettings, Profile } from '@tandem/protocol/http';
import { type AiPreferences, aiPreferences, useAiPreferences } from '../ai/ai-preferences.js';
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
    useAiPreferences(this.#profile.aiPreferences);
  }

  /** Effective at once; resolves when the server has them. A failed save leaves them in force for this visit. */
  save(change: Partial<IdeSettings>): Promise<void> {
    useSettings({ ...settings.peek(), ...change });
    return this.#store((profile) => ({ ...profile, ideSettings: settings.peek() }));
  }

  /** As `save`, for how suggestions are made and shown. */
  saveAi(change: Partial<AiPreferences>): Promise<void> {
    useAiPreferences({ ...aiPreferences.peek(), ...change });
    return this.#store((profile) => ({ ...profile, aiPreferences: { ...profile.aiPreferences, ...change } }));
  }

  #store(change: (profile: Profile) => Profile): Promise<void> {
    // One request at a time, each on what the last one stored: two that overtake each other would store older values.
    const next = this.#saving.then(async () => {
      const profile = this.#profile ?? (await this.api.profile());
      this.#profile = await this.api.saveProfile(change(profile));
    });
    this.#saving = next.catch(() => {});
    return next;
  }
}
