import { h } from '../base/dom.js';
import { type IconName, icon } from './icons.js';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** A second, dimmer text at the right: a shortcut or a state. */
  note?: string;
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  testId?: string;
  run: () => void;
}
export type MenuEntry = MenuItem | 'separator' | { heading: string };

type Place = { anchor: HTMLElement; side?: 'start' | 'end' } | { x: number; y: number };

/** A pop-up menu with the keys of a menu; closes on choice, Escape, Tab and on a press elsewhere. */
export function openMenu(label: string, entries: readonly MenuEntry[], place: Place): void {
  const origin = document.activeElement instanceof HTMLElement ? document.activeElement : undefined;
  const menu = h('div', { class: 'menu', role: 'menu', 'aria-label': label, popover: 'auto' });
  const items: HTMLButtonElement[] = [];
  for (const entry of entries) {
    if (entry === 'separator') menu.append(h('div', { class: 'menu-separator', role: 'separator' }));
    else if ('heading' in entry) menu.append(h('div', { class: 'menu-heading', role: 'presentation' }, entry.heading));
    else menu.append(itemElement(entry, menu, items));
  }

  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    const target = keyTarget(event.key, at, items);
    if (event.key === 'Tab') menu.hidePopover();
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
  menu.addEventListener('toggle', (event) => {
    if ((event as ToggleEvent).newState !== 'closed') return;
    if (menu.contains(document.activeElement) || document.activeElement === document.body) origin?.focus();
    if ('anchor' in place) place.anchor.setAttribute('aria-expanded', 'false');
    menu.remove();
  });
  document.body.append(menu);
  menu.showPopover();
  if ('anchor' in place) place.anchor.setAttribute('aria-expanded', 'true');
  position(menu, place);
  items.find((item) => !item.disabled)?.focus();
}

function itemElement(item: MenuItem, menu: HTMLElement, items: HTMLButtonElement[]): HTMLButtonElement {
  const mark = item.checked === undefined ? item.icon && icon(item.icon) : item.checked && icon('check');
  const element = h(
    'button',
    {
      type: 'button',
      class: item.danger ? 'menu-item danger' : 'menu-item',
      role: item.checked === undefined ? 'menuitem' : 'menuitemradio',
      'aria-checked': item.checked,
      tabindex: -1,
      disabled: item.disabled,
      'data-testid': item.testId,
      on: {
        click: () => {
          // First closed, so that the focus is back where it was when the action takes it elsewhere.
          menu.hidePopover();
          item.run();
        },
        pointermove: () => element.focus({ preventScroll: true }),
      },
    },
    h('span', { class: 'menu-mark' }, mark),
    h('span', { class: 'menu-label' }, item.label),
    item.note && h('span', { class: 'menu-note' }, item.note),
  );
  items.push(element);
  return element;
}

function keyTarget(key: string, at: number, all: readonly HTMLButtonElement[]): HTMLButtonElement | undefined {
  const items = all.filter((item) => !item.disabled);
  const here = items.indexOf(all[at] as HTMLButtonElement);
  if (key === 'ArrowDown') return items[(here + 1) % items.length];
  if (key === 'ArrowUp') return items.at(here <= 0 ? -1 : here - 1);
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  if (key.length !== 1) return undefined;
  const after = [...items.slice(here + 1), ...items];
  return after.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
}

const EDGE = 8;

function position(menu: HTMLElement, place: Place): void {
  const { width, height } = menu.getBoundingClientRect();
  let x: number;
  let y: number;
  if ('anchor' in place) {
    const anchor = place.anchor.getBoundingClientRect();
    x = place.side === 'end' ? anchor.right - width : anchor.left;
    y = anchor.bottom + 4;
    if (y + height > innerHeight - EDGE && anchor.top > height + EDGE) y = anchor.top - height - 4;
  } else {
    x = place.x;
    y = place.y;
  }
  menu.style.left = `${Math.max(EDGE, Math.min(x, innerWidth - width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, Math.min(y, innerHeight - height - EDGE))}px`;
}
