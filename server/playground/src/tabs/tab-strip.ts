import { h, keyedList, setAttribute, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { nameOf, parentOf } from '../tree/tree-model.js';
import { fileIcon } from '../tree/tree-row.js';
import { icon } from '../ui/icons.js';
import type { Tab, Tabs } from '../workspace/tabs.js';

/** The open files. A dot in place of the cross says that a file has edits the server has not acknowledged. */
export function tabStrip(scope: Scope, tabs: Tabs): HTMLElement {
  const strip = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Open files', 'data-testid': 'tabs' });
  const put = keyedList<Tab, HTMLElement>(strip, {
    key: (tab) => `${tab.document.documentId}:${tab.path.value}`,
    create: (tab) => tabElement(tab, tabs),
    update: (element, tab) => {
      const active = tab === tabs.active.value;
      const unsaved = tab.document.state.value.pending > 0;
      const twins = tabs.all.value.filter((other) => nameOf(other.path.value) === nameOf(tab.path.value));
      setAttribute(element, 'aria-selected', active);
      element.tabIndex = active ? 0 : -1;
      element.classList.toggle('unsaved', unsaved);
      setText(element.querySelector('.tab-folder') as HTMLElement, twins.length > 1 ? parentOf(tab.path.value) : '');
    },
  });
  scope.effect(() => put(tabs.all.value));
  scope.watch(tabs.active, () => {
    // After the effect above has drawn it.
    queueMicrotask(() =>
      strip.querySelector('[aria-selected="true"]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' }),
    );
  });
  strip.addEventListener(
    'wheel',
    (event) => {
      if (event.deltaX === 0) strip.scrollLeft += event.deltaY;
    },
    { passive: true },
  );
  strip.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    event.preventDefault();
    tabs.step(event.key === 'ArrowRight' ? 1 : -1);
    queueMicrotask(() => strip.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  });
  return strip;
}

function tabElement(tab: Tab, tabs: Tabs): HTMLElement {
  const path = tab.path.peek();
  const close = (event: Event) => {
    event.stopPropagation();
    tabs.close(tab);
  };
  return h(
    'div',
    {
      class: 'tab',
      role: 'tab',
      title: path,
      'data-testid': 'tab',
      'data-path': path,
      on: {
        click: () => tabs.open(tab.document.documentId),
        // The middle button closes, as in every browser.
        auxclick: (event) => event.button === 1 && close(event),
        keydown: (event) => {
          if (event.key === 'Enter' || event.key === ' ') tabs.open(tab.document.documentId);
          if (event.key === 'Delete') close(event);
        },
      },
    },
    fileIcon(path),
    h('span', { class: 'tab-name' }, nameOf(path)),
    h('span', { class: 'tab-folder' }),
    h(
      'button',
      {
        type: 'button',
        class: 'tab-close',
        tabindex: -1,
        'aria-label': `Close ${nameOf(path)}`,
        title: 'Close',
        on: { click: close },
      },
      icon('close'),
    ),
  );
}
