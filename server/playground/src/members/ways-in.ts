import type { GuestLink, Invitation } from '@tandem/protocol/http';
import { place } from '../app/router.js';
import { h } from '../base/dom.js';
import { timeWords } from '../settings/time-words.js';
import { button, field, iconButton, select, whileBusy } from '../ui/controls.js';
import { copyFrom } from '../ui/copy.js';
import { confirm } from '../ui/dialog.js';
import { messageOf, tellError } from '../ui/toasts.js';
import type { Project } from '../workspace/project.js';

const GUEST_ROLES = [
  ['editor', 'Editor'],
  ['commenter', 'Commenter'],
  ['viewer', 'Viewer'],
] as const;

const DAYS = [
  ['1', 'for a day'],
  ['7', 'for a week'],
  ['30', 'for 30 days'],
] as const;

/** Open invitations and links for guests, for who may change members. */
export function waysIn(project: Project): { readonly view: HTMLElement; readonly reload: () => Promise<void> } {
  const invitations = h('ul', { class: 'members', 'aria-label': 'Invitations' });
  const links = h('ul', { class: 'members', 'aria-label': 'Links for guests' });
  const reload = async () => {
    const [open, guests] = await Promise.all([
      project.api.invitations.list(project.id),
      project.api.invitations.guestLinks(project.id),
    ]);
    invitations.replaceChildren(...open.map((invitation) => invitationRow(project, invitation, reload)));
    links.replaceChildren(...guests.map((link) => guestRow(project, link, reload)));
  };
  return { view: h('section', {}, invitations, links, guestForm(project, reload)), reload };
}

/** What opens an address that is shown only now. */
export function shownOnce(label: string, url: string): HTMLElement {
  const address = h('input', { type: 'text', readonly: true, value: url, 'data-testid': 'new-link' });
  address.addEventListener('focus', () => address.select());
  return field(label, address, 'It is shown this once.', [
    button('Copy', { icon: 'copy', onClick: () => copyFrom(address) }),
  ]);
}

function row(title: string, hint: string, end: string, onEnd: () => Promise<void>, testId: string): HTMLElement {
  return h(
    'li',
    { class: 'member', 'data-testid': testId },
    h('span'),
    h('div', { class: 'member-name' }, h('strong', {}, title), h('span', { class: 'hint' }, hint)),
    h('span'),
    iconButton('close', end, () => void onEnd().catch(tellError)),
  );
}

function invitationRow(project: Project, { id, email, role, expiresAt }: Invitation, reload: () => Promise<void>) {
  const withdraw = async () => {
    await project.api.invitations.withdraw(project.id, id);
    await reload();
  };
  const hint = `Invited as ${role}; ends ${timeWords(expiresAt)}`;
  return row(email, hint, `Withdraw the invitation of ${email}`, withdraw, 'invitation');
}

function guestRow(project: Project, { id, name, role, uses, expiresAt }: GuestLink, reload: () => Promise<void>) {
  const revoke = async () => {
    const sure = await confirm({
      title: 'Revoke link',
      text: `Nobody can come by “${name}” any more, and who came by it loses access at once.`,
      confirm: 'Revoke',
      danger: true,
    });
    if (!sure) return;
    await project.api.invitations.revokeGuestLink(project.id, id);
    await reload();
  };
  const hint = `Link for guests, ${role}; ${uses === 1 ? '1 guest' : `${uses} guests`} so far; ends ${timeWords(expiresAt)}`;
  return row(name, hint, `Revoke ${name}`, revoke, 'guest-link');
}

function guestForm(project: Project, reload: () => Promise<void>): HTMLFormElement {
  const name = h('input', {
    type: 'text',
    required: true,
    maxlength: 80,
    placeholder: 'What it is for',
    'data-testid': 'guest-link-name',
  });
  const role = select(GUEST_ROLES, 'viewer', { 'aria-label': 'Role of guests' });
  const days = select(DAYS, '7', { 'aria-label': 'How long' });
  const submit = button('Make link', { type: 'submit', testId: 'add-guest-link' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const made = h('div');
  const make = async () => {
    const { documentId } = place.peek();
    const link = await project.api.invitations.addGuestLink(project.id, {
      name: name.value,
      role: role.value as (typeof GUEST_ROLES)[number][0],
      expiresIn: Number(days.value) * 86_400,
      ...(documentId ? { documentId } : {}),
    });
    form.reset();
    made.replaceChildren(shownOnce('Opens this project for anybody', link.url));
    await reload();
  };
  const form = h(
    'form',
    {
      class: 'add-member',
      on: {
        submit: (event) => {
          event.preventDefault();
          problem.textContent = '';
          whileBusy(submit, make).catch((error: unknown) => {
            problem.textContent = messageOf(error);
          });
        },
      },
    },
    field('Link for guests, who need no account', name, undefined, [role, days, submit]),
    problem,
    made,
  );
  return form;
}
