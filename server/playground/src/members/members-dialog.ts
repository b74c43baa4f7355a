import { type Role, TandemError } from '@tandem/protocol';
import type { Member } from '@tandem/protocol/http';
import { place, shareAddress } from '../app/router.js';
import { h } from '../base/dom.js';
import { avatar } from '../ui/avatar.js';
import { button, field, iconButton, select, whileBusy } from '../ui/controls.js';
import { copyFrom } from '../ui/copy.js';
import { confirm, type Dialog, openDialog } from '../ui/dialog.js';
import { messageOf, tell, tellError } from '../ui/toasts.js';
import type { Project } from '../workspace/project.js';
import { shownOnce, waysIn } from './ways-in.js';

const ROLES = [
  ['owner', 'Owner'],
  ['maintainer', 'Maintainer'],
  ['editor', 'Editor'],
  ['commenter', 'Commenter'],
  ['viewer', 'Viewer'],
] as const satisfies readonly (readonly [Role, string])[];

/** Who may do what in the project; owners and maintainers change it. Follows what others change meanwhile. */
export function openMembers(project: Project, userId: string): void {
  const list = h('ul', { class: 'members', 'aria-label': 'Members' }, h('li', { class: 'hint' }, 'Loading…'));
  const ways = project.canManage.peek() ? waysIn(project) : undefined;
  const reload = async () => {
    const members = await project.api.members(project.id);
    list.replaceChildren(...members.map((member) => memberRow(project, member, userId)));
    if (project.canManage.peek()) await ways?.reload();
  };
  openDialog({
    title: `Members of ${project.name.peek()}`,
    testId: 'members-dialog',
    wide: true,
    body: (dialog) => [
      project.canManage.peek() ? addForm(project, reload) : undefined,
      list,
      ways?.view,
      addressRow(),
      ...follow(dialog),
    ],
  });

  function follow({ scope }: Dialog): [] {
    scope.effect(() => {
      // Both decide what is shown: the list, and whether it may be changed.
      void [project.membersVersion.value, project.canManage.value];
      reload().catch((error: unknown) => list.replaceChildren(h('li', { class: 'problem' }, messageOf(error))));
    });
    return [];
  }
}

function memberRow(project: Project, member: Member, userId: string): HTMLElement {
  const { displayName, email } = member;
  const isSelf = member.userId === userId;
  const mayChange = project.canManage.peek();
  const role = select(ROLES, member.role, { 'aria-label': `Role of ${displayName}`, 'data-testid': 'member-role' });
  role.disabled = !mayChange;
  role.addEventListener('change', () => {
    project.api.changeMember(project.id, member.userId, { role: role.value as Role }).catch((error: unknown) => {
      role.value = member.role;
      tellError(error);
    });
  });
  const remove = async () => {
    const sure = await confirm({
      title: isSelf ? 'Leave project' : 'Remove member',
      text: isSelf
        ? 'You will not see this project any more until somebody adds you again.'
        : `${displayName} loses access at once, also where the project is open now.`,
      confirm: isSelf ? 'Leave' : 'Remove',
      danger: true,
    });
    if (sure) await project.api.removeMember(project.id, member.userId).catch(tellError);
  };
  return h(
    'li',
    { class: 'member', 'data-testid': 'member', 'data-name': displayName },
    avatar(displayName, undefined),
    h(
      'div',
      { class: 'member-name' },
      h('strong', {}, displayName, isSelf && h('span', { class: 'chip' }, 'you')),
      h('span', { class: 'hint' }, email ?? 'Guest, by link'),
    ),
    role,
    mayChange || isSelf
      ? iconButton(
          isSelf ? 'sign-out' : 'close',
          isSelf ? 'Leave project' : `Remove ${displayName}`,
          () => void remove(),
        )
      : h('span'),
  );
}

/** The address of what is in front: it opens the same file for every member, and nothing for others. */
function addressRow(): HTMLElement {
  const address = h('input', {
    type: 'text',
    readonly: true,
    value: shareAddress(place.peek()),
    'data-testid': 'share-address',
    on: { focus: () => address.select() },
  });
  const copy = () => copyFrom(address);
  return field('Address of this file, for members', address, undefined, [
    button('Copy', { icon: 'copy', onClick: copy }),
  ]);
}

function addForm(project: Project, reload: () => Promise<void>): HTMLFormElement {
  const email = h('input', {
    type: 'email',
    required: true,
    maxlength: 254,
    placeholder: 'name@example.org',
    autocomplete: 'off',
    'data-testid': 'member-email',
  });
  const role = select(ROLES, 'editor', { 'aria-label': 'Role', 'data-testid': 'new-member-role' });
  const submit = button('Add', { kind: 'primary', type: 'submit', testId: 'add-member' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const invited = h('div');
  const add = async () => {
    const who = { email: email.value, role: role.value as Role };
    invited.replaceChildren();
    try {
      const member = await project.api.addMember(project.id, who);
      tell(`${member.displayName} is a member now`);
    } catch (error) {
      if (!(error instanceof TandemError && error.code === 'not_found')) throw error;
      const { url } = await project.api.invitations.invite(project.id, who);
      if (url === undefined) tell(`An invitation is on its way to ${who.email}`);
      else invited.replaceChildren(shownOnce(`Invitation for ${who.email}: hand on this link`, url));
    }
    form.reset();
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
          whileBusy(submit, add).catch((error: unknown) => {
            problem.textContent = messageOf(error);
          });
        },
      },
    },
    field('Add or invite by e-mail', email, undefined, [role, submit]),
    problem,
    invited,
  );
  return form;
}
