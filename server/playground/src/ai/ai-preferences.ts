import type { Profile } from '@tandem/protocol/http';
import { type Readable, signal } from '../base/signal.js';
import { readStored, writeStored } from '../base/storage.js';

export type AiPreferences = Profile['aiPreferences'];

const SHOWN_KEY = 'tandem.aiTextShown';

const preferences = signal<AiPreferences>({
  // Until the profile is there, nothing is asked for on its own: it may say so.
  trigger: 'manual',
  model: null,
  visibility: 'text',
  consentToTraining: false,
});

/** How suggestions are made and shown, by the profile of the user. */
export const aiPreferences: Readable<AiPreferences> = preferences;

export function useAiPreferences(next: AiPreferences): void {
  preferences.value = next;
}

const shown = signal(readStored<boolean>(localStorage, SHOWN_KEY) ?? true);

/** Whether text that came from a suggestion is marked; a matter of this browser. */
export const aiTextShown: Readable<boolean> = shown;

export function showAiText(is: boolean): void {
  shown.value = is;
  writeStored(localStorage, SHOWN_KEY, is);
}
