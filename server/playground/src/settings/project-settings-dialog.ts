import type { Assistance } from '../ai/assistance.js';
import { VISIBILITIES } from '../ai/model-words.js';
import { h } from '../base/dom.js';
import { button, field, select, whileBusy } from '../ui/controls.js';
import { type Dialog, openDialog } from '../ui/dialog.js';
import { messageOf, tell, tellError } from '../ui/toasts.js';
import type { ProjectSettings } from '../workspace/project.js';
import type { Workplace } from '../workspace/workplace.js';
import { modelSelect } from './ai-settings.js';
import { pathRuleFields } from './path-rules.js';

type Sharing = ProjectSettings['configuration']['suggestionSharing'];

/** What maintainers choose for everybody in the project: the context of suggestions, who sees them, where editors write, the rules that are off. */
export function openProjectSettings({ project, problems }: Workplace, assistance: Assistance): void {
  const settings = project.settings.peek();
  if (!settings) {
    tell('The settings of the project are not here yet');
    return;
  }
  const problem = h('p', { class: 'problem', role: 'alert' });
  let submit = async () => {};
  const save = button('Save', { kind: 'primary', testId: 'save-project-settings', onClick: () => void submit() });
  openDialog({
    title: `Settings of ${project.name.peek()}`,
    testId: 'project-settings-dialog',
    wide: true,
    body: (dialog) => {
      const fields = contextFields(dialog, settings, assistance);
      const rules = ruleSwitches(settings);
      const paths = pathRuleFields(project);
      submit = async () => {
        problem.textContent = '';
        const { configuration, aiContext } = fields.read();
        const analysisRules = rules.read();
        try {
          await whileBusy(save, async () => {
            await paths.save();
            await project.change({
              configuration: { ...configuration, ...(analysisRules && { analysisRules }) },
              aiContext,
            });
          });
          dialog.close();
          // What is known was found without the rule.
          if (analysisRules) problems.analyze().catch(tellError);
        } catch (error) {
          problem.textContent = messageOf(error);
        }
      };
      return [fields.element, paths.element, rules.element, problem];
    },
    actions: (dialog) => [button('Cancel', { onClick: dialog.close }), save],
  });
}

function contextFields({ scope }: Dialog, { configuration, aiContext }: ProjectSettings, assistance: Assistance) {
  const instructions = lines(aiContext.instructions, 'ai-instructions', { rows: 4, maxlength: 16_384 });
  const pinned = lines(aiContext.pinnedPaths.join('\n'), 'ai-pinned', { rows: 3 });
  const excluded = lines(aiContext.excludedPaths.join('\n'), 'ai-excluded', { rows: 3 });
  const model = modelSelect(scope, assistance, aiContext.model, 'What the server uses', 'project-model');
  const sharing = select(
    (['text', 'presence', 'off'] as const).map((value) => [value, VISIBILITIES[value]] as const),
    configuration.suggestionSharing,
    { 'data-testid': 'suggestion-sharing' },
  );
  const guests = select(
    [['off', 'Nobody'] as const, ['on', 'Whoever has a link for guests'] as const],
    configuration.guests ? 'on' : 'off',
    {
      'data-testid': 'guests',
    },
  );
  const element = h(
    'div',
    { class: 'stack' },
    field('Comes in without an account', guests, 'Links are made where the members are.'),
    field('Instructions for language models', instructions, 'Given to them with every request, for everybody.'),
    field('Pinned files', pinned, 'One path a line: always part of the context.'),
    field('Excluded files', excluded, 'One path a line: never read for a suggestion.'),
    field('Model', model),
    field('Others see of a suggestion', sharing, 'At most; everybody can show less of their own.'),
  );
  return {
    element,
    read: () => ({
      configuration: { suggestionSharing: sharing.value as Sharing, guests: guests.value === 'on' },
      aiContext: {
        instructions: instructions.value,
        pinnedPaths: pathsIn(pinned.value),
        excludedPaths: pathsIn(excluded.value),
        model: model.value || null,
      },
    }),
  };
}

/** The rules that somebody switched off; a list of all is nowhere to be had, and each problem offers its own. */
function ruleSwitches({ configuration }: ProjectSettings) {
  const off = Object.keys(configuration.analysisRules).filter((rule) => configuration.analysisRules[rule] === false);
  const boxes = off.sort().map((rule) => ({
    rule,
    box: h('input', {
      type: 'checkbox',
      class: 'switch',
      role: 'switch',
      'data-testid': 'rule-switch',
      'data-rule': rule,
    }),
  }));
  const element = h(
    'section',
    { class: 'stack' },
    h('h3', {}, 'Analysis rules that are off'),
    ...(boxes.length > 0
      ? [h('div', { class: 'rule-switches' }, ...boxes.map(({ rule, box }) => h('label', {}, box, rule)))]
      : [h('p', { class: 'hint' }, 'None. The list of problems can switch a rule off.')]),
  );
  return {
    element,
    /** Undefined when nothing was switched on again. */
    read: () => {
      const on = boxes.filter(({ box }) => box.checked).map(({ rule }) => rule);
      if (on.length === 0) return undefined;
      return Object.fromEntries(Object.entries(configuration.analysisRules).filter(([rule]) => !on.includes(rule)));
    },
  };
}

function lines(value: string, testId: string, attributes: { rows: number; maxlength?: number }): HTMLTextAreaElement {
  const area = h('textarea', { ...attributes, spellcheck: 'false', 'data-testid': testId });
  area.value = value;
  return area;
}

const pathsIn = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((path) => path.trim())
      .filter((path) => path !== ''),
  ),
];
