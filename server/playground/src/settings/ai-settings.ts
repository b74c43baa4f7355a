import { type AiPreferences, aiPreferences, aiTextShown, showAiText } from '../ai/ai-preferences.js';
import type { Assistance } from '../ai/assistance.js';
import { KEY_NAMES } from '../ai/key-names.js';
import { modelWords, VISIBILITIES } from '../ai/model-words.js';
import { h } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { field, select } from '../ui/controls.js';

/** A select over the models of the server; the empty value stands for `otherwise`. */
export function modelSelect(
  scope: Scope,
  { models }: Assistance,
  chosen: string | null,
  otherwise: string,
  testId: string,
): HTMLSelectElement {
  const control = h('select', { 'data-testid': testId });
  let value = chosen ?? '';
  control.addEventListener('change', () => {
    value = control.value;
  });
  scope.effect(() => {
    const names = models.value.map((model) => ({ value: model.name, label: modelWords(model) }));
    // One that this server does not have any more is still what is chosen.
    const gone = value !== '' && !names.some((name) => name.value === value);
    control.replaceChildren(
      h('option', { value: '' }, otherwise),
      ...names.map((name) => h('option', { value: name.value }, name.label)),
      ...(gone ? [h('option', { value }, `${value}: not on this server`)] : []),
    );
    control.value = value;
  });
  return control;
}

/** The part of the settings about suggestions. */
export function aiSettings(
  scope: Scope,
  assistance: Assistance,
  set: (change: Partial<AiPreferences>) => void,
): HTMLElement {
  const now = aiPreferences.peek();
  const trigger = select(
    [
      ['automatic', 'As I type'],
      ['manual', `Only when I ask (${KEY_NAMES.ask})`],
    ] as const,
    now.trigger,
    { 'data-testid': 'ai-trigger' },
  );
  trigger.addEventListener('change', () => set({ trigger: trigger.value as AiPreferences['trigger'] }));
  const model = modelSelect(scope, assistance, now.model, 'What the project uses', 'ai-model');
  model.addEventListener('change', () => set({ model: model.value || null }));
  const visibility = select(
    (['text', 'presence', 'off'] as const).map((value) => [value, VISIBILITIES[value]] as const),
    now.visibility,
    { 'data-testid': 'ai-visibility' },
  );
  visibility.addEventListener('change', () => set({ visibility: visibility.value as AiPreferences['visibility'] }));
  const consent = checkbox(now.consentToTraining, 'ai-consent', (consentToTraining) => set({ consentToTraining }));
  const marks = checkbox(aiTextShown.peek(), 'ai-text-shown', showAiText);
  return h(
    'fieldset',
    { class: 'settings', 'data-testid': 'ai-settings' },
    h('legend', {}, 'Suggestions'),
    field('Suggest', trigger),
    field('Model', model),
    field('Others see of mine', visibility, 'While a suggestion stands open; what you accept is text like any other.'),
    field('Show AI text', marks, 'A dotted line under text that came from a suggestion, in this browser.'),
    field('Learn from me', consent, 'Suggestions that you accept or reject may train the models of this server.'),
  );
}

function checkbox(checked: boolean, testId: string, change: (checked: boolean) => void): HTMLInputElement {
  const input = h('input', {
    type: 'checkbox',
    class: 'switch',
    role: 'switch',
    checked,
    'data-testid': testId,
    on: { change: () => change(input.checked) },
  });
  return input;
}
