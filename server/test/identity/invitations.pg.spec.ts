import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AuditPage,
  type GuestLink,
  type Invitation,
  linkTokens,
  type Member,
  type NewGuestLink,
  type NewInvitation,
} from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { refusedWith } from '../support/plain-client.js';
import { PlainEditor } from '../support/plain-editor.js';
import { type Person, SyncWorld } from '../support/sync-world.js';

let world: SyncWorld;
let ada: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  world = await SyncWorld.start();
  [ada, bob, eve] = await Promise.all([world.person('Ada'), world.person('Bob'), world.person('Eve')]);
});
afterEach(() => world?.hangUp());
afterAll(() => world?.stop());

const post = <T>(person: Person | undefined, path: string, body: unknown) =>
  world.rest(person, 'POST', path, body) as Promise<T>;
const get = <T>(person: Person, path: string) => world.rest(person, 'GET', path) as Promise<T>;
const tokenOf = (url: string) => new URL(url).hash.replace(/^#\w+=/, '');

async function membersOf(projectId: string): Promise<Member[]> {
  return (await get<{ members: Member[] }>(ada, `/projects/${projectId}/members`)).members;
}

describe('invitations', () => {
  it('make who has the link a member, once, with the role that was offered', async () => {
    const { projectId, documentId } = await world.share(ada);
    const invited = await post<NewInvitation>(ada, `/projects/${projectId}/invitations`, {
      email: 'Bob@Example.org',
      role: 'editor',
    });
    expect(invited).toMatchObject({ email: 'bob@example.org', role: 'editor', invitedBy: 'Ada' });
    const token = tokenOf(invited.url!);
    expect(await post(undefined, '/invitations/look', { token })).toMatchObject({
      projectName: 'Apollo',
      role: 'editor',
    });
    await expect(
      world.connect(bob).then((client) => client.ask('document:open', { documentId })),
    ).resolves.toMatchObject({
      ok: false,
    });
    expect(await post(bob, '/invitations/accept', { token })).toEqual({ projectId, role: 'editor' });
    const editor = await PlainEditor.open(await world.connect(bob), documentId);
    await editor.type('Here I am.');
    // Used up.
    await expect(post(eve, '/invitations/accept', { token })).rejects.toMatchObject({ code: 'link_expired' });
    expect((await get<{ invitations: Invitation[] }>(ada, `/projects/${projectId}/invitations`)).invitations).toEqual(
      [],
    );
  });

  it('A40: a wrong, withdrawn or replaced token opens nothing', async () => {
    const { projectId } = await world.share(ada);
    const path = `/projects/${projectId}/invitations`;
    const first = await post<NewInvitation>(ada, path, { email: bob.email, role: 'viewer' });
    const second = await post<NewInvitation>(ada, path, { email: bob.email, role: 'editor' });
    await expect(post(bob, '/invitations/accept', { token: tokenOf(first.url!) })).rejects.toMatchObject({
      code: 'link_expired',
    });
    await world.rest(ada, 'DELETE', `${path}/${second.id}`);
    await expect(post(bob, '/invitations/accept', { token: tokenOf(second.url!) })).rejects.toMatchObject({
      code: 'link_expired',
    });
    await expect(post(undefined, '/invitations/look', { token: 'a'.repeat(43) })).rejects.toMatchObject({
      code: 'link_expired',
    });
    const kept = await world.sql.query('SELECT * FROM project_links');
    expect(JSON.stringify(kept.rows)).not.toContain(tokenOf(second.url!));
  });

  it.each<[what: string, change: (projectId: string) => Promise<unknown>]>([
    ['is removed', (projectId) => world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`)],
    [
      'may let nobody in any more',
      (projectId) => world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'editor' }),
    ],
  ])('A43: who %s comes back by no invitation and no link of their own', async (_what, change) => {
    const { projectId } = await world.share(ada, [[bob, 'maintainer']]);
    await world.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration: { guests: true } });
    const invitation = { email: 'second@example.org', role: 'maintainer' };
    const invited = await post<NewInvitation>(bob, `/projects/${projectId}/invitations`, invitation);
    const guests = { name: 'Workshop', role: 'editor' };
    const link = await post<NewGuestLink>(bob, `/projects/${projectId}/guest-links`, guests);
    await world.guest(tokenOf(link.url));
    await change(projectId);
    const accepted = post(eve, '/invitations/accept', { token: tokenOf(invited.url!) });
    await expect(accepted).rejects.toMatchObject({ code: 'link_expired' });
    await expect(world.guest(tokenOf(link.url))).rejects.toMatchObject({ code: 'link_expired' });
  });

  it('A44: nobody invites to more than they may give', async () => {
    const { projectId } = await world.share(ada, [
      [bob, 'maintainer'],
      [eve, 'editor'],
    ]);
    const path = `/projects/${projectId}/invitations`;
    await expect(post(bob, path, { email: 'new@example.org', role: 'owner' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(post(eve, path, { email: 'new@example.org', role: 'viewer' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(post(ada, path, { email: bob.email, role: 'viewer' })).rejects.toMatchObject({
      code: 'already_member',
    });
  });
});

describe('links for guests', () => {
  async function open(role: 'viewer' | 'editor' = 'editor', expiresIn = 3600) {
    const { projectId, documentId } = await world.share(ada);
    await world.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration: { guests: true } });
    const path = `/projects/${projectId}/guest-links`;
    const link = await post<NewGuestLink>(ada, path, { name: 'Workshop', role, documentId, expiresIn });
    return { projectId, documentId, path, link };
  }
  const enter = async (link: NewGuestLink) =>
    linkTokens.parse(await post(undefined, '/auth/link', { token: tokenOf(link.url), displayName: 'Gus' }));

  it('let people in without an account, with their role and no other', async () => {
    const { projectId, documentId, link, path } = await open('viewer');
    const guest = await enter(link);
    expect(guest).toMatchObject({ projectId, documentId });
    const client = await world.connect(guest);
    const editor = await PlainEditor.open(client, documentId);
    const update = editor.prepare((text) => text.insert(0, 'no'));
    expect(await refusedWith(client.ask('document:update', { documentId, update }))).toMatchObject({
      code: 'forbidden',
    });
    const { guestLinks } = await get<{ guestLinks: GuestLink[] }>(ada, path);
    expect(guestLinks).toEqual([expect.objectContaining({ id: link.id, name: 'Workshop', uses: 1 })]);
  });

  it('D8: revoked, they let nobody in, and who came by them is out at once', async () => {
    const { projectId, documentId, link, path } = await open();
    const guest = await enter(link);
    const client = await world.connect(guest);
    const editor = await PlainEditor.open(client, documentId);
    await editor.type('Still here.');
    await world.rest(ada, 'DELETE', `${path}/${link.id}`);
    const update = editor.prepare((text) => text.insert(0, 'Gone?'));
    expect(await client.ask('document:update', { documentId, update })).toMatchObject({ ok: false });
    expect(await client.hears('document:status', ({ state }) => state === 'closed')).toMatchObject({
      documentId,
      state: 'closed',
    });
    await expect(enter(link)).rejects.toMatchObject({ code: 'link_expired' });
    expect((await membersOf(projectId)).map(({ displayName }) => displayName)).toEqual(['Ada']);
  });

  it('end at their end, and their guests with them', async () => {
    const { projectId, link } = await open();
    await enter(link);
    expect(await membersOf(projectId)).toHaveLength(2);
    await world.sql.query(`UPDATE project_links SET expires_at = now() WHERE id = '${link.id}'`);
    await expect(enter(link)).rejects.toMatchObject({ code: 'link_expired' });
    await eventually('the guest is out', async () => (await membersOf(projectId)).length === 1, 30_000);
  });

  it('are off unless the project takes guests', async () => {
    const { projectId, link, path } = await open();
    await world.rest(ada, 'PATCH', `/projects/${projectId}`, { configuration: { guests: false } });
    await expect(enter(link)).rejects.toMatchObject({ code: 'link_expired' });
    await expect(post(ada, path, { name: 'Another', role: 'viewer' })).rejects.toMatchObject({ code: 'guests_off' });
  });
});

describe('the audit log', () => {
  it('tells maintainers who changed rights, without network addresses, and nobody else', async () => {
    const { projectId } = await world.share(ada, [[bob, 'editor']]);
    const link = await post<NewInvitation>(ada, `/projects/${projectId}/invitations`, {
      email: eve.email,
      role: 'viewer',
    });
    await post(eve, '/invitations/accept', { token: tokenOf(link.url!) });
    await world.rest(ada, 'PATCH', `/projects/${projectId}/members/${bob.user.id}`, { role: 'viewer' });
    await world.rest(ada, 'DELETE', `/projects/${projectId}/members/${bob.user.id}`);
    const { events, before } = await get<AuditPage>(ada, `/projects/${projectId}/audit?limit=3`);
    expect(events.map(({ action, actor, target }) => [action, actor?.displayName, target])).toEqual([
      ['member.removed', 'Ada', bob.user.id],
      ['member.changed', 'Ada', bob.user.id],
      ['invitation.accepted', 'Eve', eve.email],
    ]);
    expect(events.every(({ address }) => address === null)).toBe(true);
    const older = await get<AuditPage>(ada, `/projects/${projectId}/audit?limit=50&before=${before}`);
    expect(older.events.map(({ action }) => action)).toEqual(['invitation.created', 'member.added']);
    expect(older.before).toBeUndefined();
    await expect(get(eve, `/projects/${projectId}/audit`)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(get(bob, `/projects/${projectId}/audit`)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('tells what was done to the project, to who did it also when it is gone', async () => {
    const { projectId } = await world.share(ada);
    await world.rest(ada, 'PATCH', `/projects/${projectId}`, { name: 'New', configuration: { guests: true } });
    const { events } = await get<AuditPage>(ada, `/projects/${projectId}/audit`);
    expect(events).toMatchObject([
      { action: 'project.changed', details: { changed: 'name, configuration', guests: true } },
    ]);
    await world.rest(ada, 'DELETE', `/projects/${projectId}`);
    const own = await get<AuditPage>(ada, '/users/me/audit');
    expect(own.events[0]).toMatchObject({ action: 'project.deleted', actor: { userId: ada.user.id } });
  });

  it('A34: tells people of sign-ins and of what was done to their account, and of no others', async () => {
    const person = await world.person('Zoe');
    await world.signInAgain(person);
    const { events } = await get<AuditPage>(person, '/users/me/audit');
    expect(events.filter(({ action }) => action === 'sign_in')).not.toEqual([]);
    expect(events.every(({ actor, target }) => actor?.userId === person.user.id || target === person.user.id)).toBe(
      true,
    );
    expect(events.some(({ address }) => address !== null)).toBe(true);
  });
});
