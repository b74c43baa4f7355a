import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { project } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import {
  addUser,
  emailOf,
  newFile,
  newProject,
  type OpenedDatabase,
  openTestDatabase,
} from '../../testing/project-fixtures.js';
import { PostgresAuditLog } from './audit-log.js';
import { PostgresDocumentsDirectory } from './documents-directory.js';
import { PostgresMembers } from './members.js';
import { PostgresMemberships } from './memberships.js';
import { PostgresProjectLinks } from './project-links.js';
import { PostgresProjects } from './projects.js';
import { PostgresSignInLinks } from './sign-in-links.js';
import { PostgresUpdateLog } from './update-log/postgres-update-log.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let projects: PostgresProjects;
let directory: PostgresDocumentsDirectory;
let members: PostgresMembers;
let owner: string;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  projects = new PostgresProjects(dataSource);
  directory = new PostgresDocumentsDirectory(dataSource);
  members = new PostgresMembers(dataSource, new PostgresAuditLog(dataSource));
});

afterAll(() => database.close());

beforeEach(async () => {
  owner = await addUser(dataSource);
});

describe('projects', () => {
  it('makes who creates one its owner and lists those of a member, oldest first', async () => {
    const [first, second] = [
      await projects.create(owner, newProject('First')),
      await projects.create(owner, newProject('Second')),
    ];
    expect(project.parse(first)).toEqual(first);
    expect(first.role).toBe('owner');
    expect(await projects.get(owner, first.id)).toEqual(first);

    const viewer = await addUser(dataSource);
    expect(await projects.list(viewer)).toEqual([]);
    await members.add(owner, second.id, emailOf(viewer), 'viewer');
    expect(await projects.list(viewer)).toEqual([{ ...second, role: 'viewer' }]);
    expect((await projects.list(owner)).map(({ name }) => name)).toEqual(['First', 'Second']);
  });

  it('changes what is given and keeps the rest', async () => {
    const made = await projects.create(owner, newProject());
    const aiContext = { ...made.aiContext, instructions: 'Answer in rhymes' };
    const { value, written } = await projects.change(owner, made.id, { aiContext });
    expect(value).toEqual({ ...made, aiContext });
    expect(written?.change).toEqual({ type: 'project.changed', projectId: made.id, name: 'Apollo' });
    expect((await projects.change(owner, made.id, { name: 'Gemini' })).value).toMatchObject({
      name: 'Gemini',
      aiContext,
    });
    expect((await projects.change(owner, made.id, {})).written).toBeUndefined();
  });

  it('does not move the fence when it is renamed', async () => {
    const { id } = await projects.create(owner, newProject());
    const document = (await directory.create(owner, id, newFile('a.txt'))).value;
    await projects.change(owner, id, { name: 'Gemini' });
    expect((await new PostgresUpdateLog(dataSource).load(document.id))?.accessVersion).toBe(1);
  });
});

describe('delete', () => {
  it('A43: leaves nothing that anybody can reach, write to or sign in to', async () => {
    const { id } = await projects.create(owner, newProject());
    const viewer = await addUser(dataSource);
    await members.add(owner, id, emailOf(viewer), 'viewer');
    const document = (await directory.create(owner, id, newFile('a.txt', 'text'))).value;
    const links = new PostgresSignInLinks(dataSource);
    const token = await links.create({ projectId: id, documentId: document.id, role: 'editor' });
    const ways = new PostgresProjectLinks(dataSource, new PostgresAuditLog(dataSource));
    const invitation = { email: 'carol@example.org', role: 'owner' as const, expiresIn: 3600 };
    const invited = await ways.invite(owner, id, invitation);
    await projects.change(owner, id, { configuration: project.shape.configuration.parse({ guests: true }) });
    const guests = await ways.addGuestLink(owner, id, { name: 'Workshop', role: 'editor', expiresIn: 3600 });

    const { written } = await projects.delete(owner, id);

    expect(written?.change).toEqual({ type: 'project.deleted', projectId: id });
    for (const userId of [owner, viewer]) {
      const absent = { code: 'not_found' };
      await expect(projects.get(userId, id)).rejects.toMatchObject(absent);
      await expect(projects.delete(userId, id)).rejects.toMatchObject(absent);
      await expect(members.list(userId, id)).rejects.toMatchObject(absent);
      await expect(members.add(userId, id, emailOf(owner), 'owner')).rejects.toMatchObject(absent);
      await expect(directory.list(userId, id)).rejects.toMatchObject(absent);
      await expect(directory.get(userId, document.id)).rejects.toMatchObject(absent);
      await expect(directory.create(userId, id, newFile('b.txt'))).rejects.toMatchObject(absent);
      expect(await projects.list(userId)).toEqual([]);
    }
    const memberships = new PostgresMemberships(dataSource);
    expect(await memberships.role(owner, id)).toBeUndefined();
    expect(await memberships.document(owner, document.id)).toBeUndefined();
    expect(await memberships.documents(id)).toEqual([]);
    expect(await links.redeem(token, 'Guest')).toBeUndefined();
    expect(await ways.enter(guests.token, 'Guest')).toBeUndefined();
    expect(await ways.offer(invited.token)).toBeUndefined();
    expect(await ways.accept(viewer, invited.token)).toBeUndefined();

    const log = new PostgresUpdateLog(dataSource);
    const rows = [{ userId: owner, bytes: new Uint8Array([0, 0]), provenance: undefined }];
    expect(await log.append([{ documentId: document.id, epoch: 1, accessVersion: 1, rows }], 0)).toEqual([
      { type: 'deleted' },
    ]);
    await log.close();
  });

  it('also ends what a guest or a file that comes in the same moment would reach', async () => {
    const memberships = new PostgresMemberships(dataSource);
    const links = new PostgresSignInLinks(dataSource);
    for (let round = 0; round < 15; round++) {
      const { id } = await projects.create(owner, newProject());
      const token = await links.create({ projectId: id, role: 'editor' });
      const [guest, file, deleted] = await Promise.allSettled([
        links.redeem(token, 'Guest'),
        directory.create(owner, id, newFile('a.txt', 'text')),
        projects.delete(owner, id),
      ]);
      expect([guest.status, deleted.status]).toEqual(['fulfilled', 'fulfilled']);
      if (file.status === 'rejected') expect(file.reason).toMatchObject({ code: 'not_found' });
      const [left] = await dataSource.query(
        `SELECT (SELECT count(*)::int FROM project_members WHERE project_id = $1) AS members,
                (SELECT count(*)::int FROM documents WHERE project_id = $1 AND deleted_at IS NULL) AS documents`,
        [id],
      );
      expect(left).toEqual({ members: 0, documents: 0 });
      expect(await memberships.documents(id)).toEqual([]);
    }
  });

  it('touches no other project', async () => {
    const [one, other] = [await projects.create(owner, newProject()), await projects.create(owner, newProject())];
    const document = (await directory.create(owner, other.id, newFile('a.txt', 'text'))).value;
    await projects.delete(owner, one.id);
    expect(await projects.list(owner)).toEqual([other]);
    expect(await directory.get(owner, document.id)).toEqual(document);
  });
});
