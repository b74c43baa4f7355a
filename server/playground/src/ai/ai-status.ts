import type { AiModel } from '@tandem/protocol/http';
import { h, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { computed, type Readable } from '../base/signal.js';
import type { ProfileSettings } from '../settings/settings.js';
import { icon } from '../ui/icons.js';
import { type MenuEntry, openMenu } from '../ui/menu.js';
import { tellError } from '../ui/toasts.js';
import type { Project } from '../workspace/project.js';
import { type AiPreferences, aiPreferences, aiTextShown, showAiText } from './ai-preferences.js';
import type { Assistance, Unavailable } from './assistance.js';
import { KEY_NAMES } from './key-names.js';
import { modelWords, VISIBILITIES } from './model-words.js';

interface AiStatusOptions {
  assistance: Assistance;
  profile: ProfileSettings;
  project: Readable<Project | undefined>;
  onShortcuts: () => void;
}

export type AiState = 'off' | 'idle' | 'thinking' | 'unavailable';

/** Which model suggests, and how it is getting on; opens what can be chosen about it. */
export function aiStatus(scope: Scope, options: AiStatusOptions): HTMLElement {
  const { assistance, project } = options;
  const model = computed(() => assistance.modelFor(project.value?.settings.value?.aiContext.model));
  const state = computed<AiState>(() => {
    if (assistance.unavailable.value) return 'unavailable';
    if (assistance.isThinking.value) return 'thinking';
    return model.value ? 'idle' : 'off';
  });
  const sign = h('span', { class: 'status-sign' }, icon('sparkle'));
  const words = h('span', { class: 'status-text ai-model' });
  const spoken = h('span', { class: 'sr-only', role: 'status' });
  const control = h(
    'button',
    {
      type: 'button',
      class: 'status-item ai-status',
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      'data-testid': 'ai-status',
      on: { click: () => openMenu('Suggestions', entries(options, model.peek()), { anchor: control, side: 'end' }) },
    },
    sign,
    words,
  );
  scope.effect(() => {
    const trouble = assistance.unavailable.value;
    const isManual = aiPreferences.value.trigger === 'manual';
    control.dataset.state = state.value;
    control.dataset.trigger = aiPreferences.value.trigger;
    setText(words, shortWords(state.value, model.value, isManual));
    const what = model.value ? `${modelWords(model.value)}. ${model.value.description}` : 'No model for suggestions';
    const how = trouble ? troubleWords(trouble) : isManual ? `Only when asked: ${KEY_NAMES.ask}` : 'As you type';
    control.title = `${what}\n${how}`;
    control.setAttribute('aria-label', `Suggestions. ${what}. ${how}`);
    setText(spoken, trouble ? `No suggestions: ${troubleWords(trouble)}` : '');
  });
  return h('span', { class: 'status-group' }, control, spoken);
}

function shortWords(state: AiState, model: AiModel | undefined, isManual: boolean): string {
  if (state === 'unavailable') return 'No suggestions';
  const name = model ? modelWords(model) : 'No model';
  return isManual ? `${name} (by hand)` : name;
}

/** Why, and when it is worth another try. */
function troubleWords({ message, retryAt }: Unavailable): string {
  const why = message.replace(/\.$/, '');
  if (!retryAt) return `${why}.`;
  const time = new Date(retryAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return `${why}. Tried again after ${time}.`;
}

function entries(
  { assistance, profile, project, onShortcuts }: AiStatusOptions,
  used: AiModel | undefined,
): MenuEntry[] {
  const now = aiPreferences.peek();
  const set = (change: Partial<AiPreferences>) => void profile.saveAi(change).catch(tellError);
  const trouble = assistance.unavailable.peek();
  const sharing = project.peek()?.settings.peek()?.configuration.suggestionSharing;
  return [
    { heading: used ? modelWords(used) : 'No model is there' },
    ...(trouble ? [{ heading: troubleWords(trouble) }] : []),
    'separator',
    { heading: 'Suggest' },
    {
      label: 'As I type',
      checked: now.trigger === 'automatic',
      testId: 'trigger-automatic',
      run: () => set({ trigger: 'automatic' }),
    },
    {
      label: 'Only when I ask',
      note: KEY_NAMES.ask,
      checked: now.trigger === 'manual',
      testId: 'trigger-manual',
      run: () => set({ trigger: 'manual' }),
    },
    'separator',
    { heading: 'Model' },
    {
      label: 'What the project uses',
      checked: now.model === null,
      run: () => set({ model: null }),
    },
    ...assistance.models.peek().map((model) => ({
      label: modelWords(model),
      checked: now.model === model.name,
      testId: 'model',
      run: () => set({ model: model.name }),
    })),
    'separator',
    {
      heading:
        sharing && sharing !== 'text'
          ? `Others see of mine (the project allows: ${VISIBILITIES[sharing].toLowerCase()})`
          : 'Others see of mine',
    },
    ...(['text', 'presence', 'off'] as const).map((visibility) => ({
      label: VISIBILITIES[visibility],
      checked: now.visibility === visibility,
      testId: `visibility-${visibility}`,
      run: () => set({ visibility }),
    })),
    'separator',
    {
      label: aiTextShown.peek() ? 'Hide the marks of AI text' : 'Show AI text',
      testId: 'toggle-ai-text',
      run: () => showAiText(!aiTextShown.peek()),
    },
    { label: 'Keyboard shortcuts…', run: onShortcuts },
  ];
}
