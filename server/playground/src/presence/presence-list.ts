import { h, keyedList, setText } from '../base/dom.js';
import type { Scope } from '../base/scope.js';
import { nameOf } from '../tree/tree-model.js';
import { avatar } from '../ui/avatar.js';
import { openMenu } from '../ui/menu.js';
import type { Project } from '../workspace/project.js';
import type { PersonHere, Presence } from './presence.js';

/** So many stand side by side; the rest is behind a number. */
const SHOWN = 5;

/** Who is here besides oneself; a click goes to their cursor. */
export function presenceList(
  scope: Scope,
  project: Project,
  presence: Presence,
  goTo: (person: PersonHere) => void,
): HTMLElement {
  const faces = h('div', { class: 'faces', role: 'group', 'aria-label': 'Who is here' });
  const whereabouts = ({ documentId }: PersonHere): string => {
    const path = documentId && project.documents.value.get(documentId)?.path;
    return path ? `in ${path}` : 'no file open';
  };
  const put = keyedList<PersonHere, HTMLElement>(faces, {
    key: ({ person }) => JSON.stringify(person),
    create: ({ person }) =>
      h(
        'button',
        {
          type: 'button',
          class: 'face',
          'data-testid': 'presence',
          'data-name': person.name,
          on: {
            click: () => {
              const now = presence.people.peek().find((each) => each.person.id === person.id);
              if (now) goTo(now);
            },
          },
        },
        avatar(person.name, person.color),
        h('span', { class: 'face-card', 'aria-hidden': 'true' }, h('strong', {}, person.name), h('span', {})),
      ),
    update: (element, here) => {
      const text = whereabouts(here);
      const name = here.documentId ? nameOf(project.documents.value.get(here.documentId)?.path ?? '') : '';
      element.dataset.file = name;
      element.setAttribute('aria-label', `${here.person.name}, ${text}. Go to their cursor`);
      setText(element.querySelector('.face-card > span') as HTMLElement, text);
    },
  });
  const more = h('button', {
    type: 'button',
    class: 'face more',
    'aria-haspopup': 'menu',
    on: {
      click: () => {
        const entries = presence.people.peek().map((here) => ({
          label: here.person.name,
          note: whereabouts(here),
          run: () => goTo(here),
        }));
        openMenu('Everybody here', entries, { anchor: more, side: 'end' });
      },
    },
  });
  scope.effect(() => {
    const people = presence.people.value;
    put(people.length > SHOWN + 1 ? people.slice(0, SHOWN) : people);
    const rest = people.length - SHOWN;
    more.hidden = rest <= 1;
    setText(more, `+${rest}`);
    more.setAttribute('aria-label', `${rest} more people`);
  });
  return h('div', { class: 'presence' }, faces, more);
}
