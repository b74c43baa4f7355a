import { type Child, h } from '../base/dom.js';
import { type IconName, icon } from './icons.js';

interface ButtonOptions {
  kind?: 'primary' | 'plain' | 'danger';
  icon?: IconName;
  type?: 'button' | 'submit';
  testId?: string;
  onClick?: (event: MouseEvent) => void;
}

export function button(label: Child, options: ButtonOptions = {}): HTMLButtonElement {
  return h(
    'button',
    {
      type: options.type ?? 'button',
      class: `button ${options.kind ?? 'plain'}`,
      'data-testid': options.testId,
      on: options.onClick && { click: options.onClick },
    },
    options.icon && icon(options.icon),
    label,
  );
}

/** A button that shows only an icon: `label` is its name and its tooltip. */
export function iconButton(
  name: IconName,
  label: string,
  onClick: (event: MouseEvent) => void,
  testId?: string,
): HTMLButtonElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'icon-button',
      'aria-label': label,
      title: label,
      'data-testid': testId,
      on: { click: onClick },
    },
    icon(name),
  );
}

let fieldCount = 0;

/** A label with its control, a line below it for a rule or an explanation, and what stands beside it. */
export function field(label: string, control: HTMLElement, hint?: Child, beside: HTMLElement[] = []): HTMLDivElement {
  fieldCount += 1;
  control.id ||= `field-${fieldCount}`;
  const line = hint ? h('div', { class: 'hint', id: `${control.id}-hint` }, hint) : undefined;
  if (line) control.setAttribute('aria-describedby', line.id);
  const row = beside.length > 0 ? h('div', { class: 'input-row' }, control, ...beside) : control;
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), row, line);
}

/** A native select over `[value, label]` pairs. */
export function select<T extends string>(
  options: readonly (readonly [T, string])[],
  selected: T,
  attributes: Record<string, string> = {},
): HTMLSelectElement {
  return h(
    'select',
    attributes,
    ...options.map(([value, label]) => h('option', { value, selected: value === selected }, label)),
  );
}

/** Shows that a request is under way: the control cannot be pressed twice, and says so. */
export async function whileBusy<T>(control: HTMLButtonElement, work: () => Promise<T>): Promise<T> {
  control.disabled = true;
  control.setAttribute('aria-busy', 'true');
  try {
    return await work();
  } finally {
    control.disabled = false;
    control.removeAttribute('aria-busy');
  }
}
