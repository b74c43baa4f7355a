import { expect, it } from '@jest/globals';
import type { Accounts } from '../../core/access/accounts.js';
import type { Changes } from '../../core/access/changes.js';
import type { NewInvitationLink, ProjectLinks } from '../../core/project/project-links.js';
import type { OutgoingMails } from '../account/outgoing-mails.js';
import type { PageAddress } from '../oidc/page-address.js';
import { Invitations } from './invitations.js';

function world(isConfigured = true) {
  let mails = 0;
  const invitations = new Invitations(
    {
      invite: (_: string, __: string, { email }: NewInvitationLink) => Promise.resolve({ link: { email }, token: 't' }),
    } as unknown as ProjectLinks,
    {} as Accounts,
    {} as Changes,
    { isConfigured, later: () => (mails += 1) } as unknown as OutgoingMails,
    { page: () => '' } as unknown as PageAddress,
  );
  const invite = (userId: string, email: string) =>
    invitations.invite(userId, 'project', { email, role: 'viewer', expiresIn: 60 });
  return { invite, mails: () => mails };
}

it('nobody fills a mailbox with invitations, from however many accounts', async () => {
  const { invite, mails } = world();
  for (let n = 0; n < 5; n++) await invite(`mallory ${n}`, 'ada@example.org');
  await expect(invite('mallory 5', 'ada@example.org')).rejects.toMatchObject({ code: 'rate_limited' });
  await invite('mallory 5', 'bob@example.org');
  expect(mails()).toBe(6);
});

it('nobody mails the world from one account, and others can invite meanwhile', async () => {
  const { invite, mails } = world();
  for (let n = 0; n < 300; n++) await invite('mallory', `${n}@example.org`);
  await expect(invite('mallory', '300@example.org')).rejects.toMatchObject({ code: 'rate_limited' });
  await invite('ada', '300@example.org');
  expect(mails()).toBe(301);
});

it('counts no invitations where no mail is sent', async () => {
  const { invite } = world(false);
  for (let n = 0; n < 10; n++) await invite('ada', 'bob@example.org');
});
