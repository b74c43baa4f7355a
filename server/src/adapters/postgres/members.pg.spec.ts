import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { eventually } from '../../testing/eventually.js';
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
import { PostgresProjects } from './projects.js';
import { PostgresUpdateLog } from './update-log/postgres-update-log.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let members: PostgresMembers;
let directory: PostgresDocumentsDirectory;
let log: PostgresUpdateLog;
let owner: string;
let projectId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  members = new PostgresMembers(dataSource, new PostgresAuditLog(dataSource));
  directory = new PostgresDocumentsDirectory(dataSource);
  log = new PostgresUpdateLog(dataSource);
});

afterAll(async () => {
  await log.close();
  await database.close();
});

beforeEach(async () => {
  owner = await addUser(dataSource, 'Olga');
  projectId = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
});

async function addMember(role: Role): Promise<string> {
  const userId = await addUser(dataSource);
  await members.add(owner, projectId, emailOf(userId), role);
  return userId;
}

async function addDocument(path = 'a.txt'): Promise<string> {
  return (await directory.create(owner, projectId, newFile(path))).value.id;
}

async function version(documentId: string): Promise<number> {
  const document = await log.load(documentId);
  if (document === undefined) throw new Error('no such document');
  return document.accessVersion;
}

/** What a committer does for an edit that was admitted when the document had `accessVersion`. */
async function append(documentId: string, userId: string, accessVersion: number, lane = 0): Promise<string> {
  const rows = [{ userId, bytes: new Uint8Array([0, 0]), provenance: undefined }];
  const [result] = await log.append([{ documentId, epoch: 1, accessVersion, rows }], lane);
  return result?.type ?? 'nothing';
}

async function outbox(): Promise<{ type: string; payload: Record<string, unknown> }[]> {
  return dataSource.query(`SELECT type, payload FROM event_outbox WHERE payload->>'projectId' = $1 ORDER BY id`, [
    projectId,
  ]);
}

describe('the fence (decision 002)', () => {
  it('A43: refuses the edit of a member that was admitted before the removal and arrives after it', async () => {
    const editor = await addMember('editor');
    const document = await addDocument();
    const admitted = await version(document);
    expect(await append(document, editor, admitted)).toBe('stored');
    await members.remove(owner, projectId, editor);
    expect(await append(document, editor, admitted)).toBe('fenced');
  });

  it('moves for every document of the project when a role changes, and for no other project', async () => {
    const editor = await addMember('editor');
    const documents = [await addDocument('a.txt'), await addDocument('b.txt')];
    const other = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
    const foreign = (await directory.create(owner, other, newFile('a.txt'))).value.id;
    await members.change(owner, projectId, editor, 'viewer');
    expect(await Promise.all([...documents, foreign].map(version))).toEqual([2, 2, 1]);
  });

  it('moves when a member leaves', async () => {
    const editor = await addMember('editor');
    const document = await addDocument();
    await members.remove(editor, projectId, editor);
    expect(await version(document)).toBe(2);
  });

  it('stays when a member is added, a role is set to what it is, and a change is refused', async () => {
    const editor = await addMember('editor');
    const document = await addDocument();
    await addMember('maintainer');
    await members.change(owner, projectId, editor, 'editor');
    await expect(members.change(owner, projectId, owner, 'viewer')).rejects.toMatchObject({ code: 'last_owner' });
    await expect(members.remove(editor, projectId, owner)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await version(document)).toBe(1);
  });

  it('waits for an append that holds a document, and until its own commit shows nothing', async () => {
    const editor = await addMember('editor');
    const documents = [await addDocument('a.txt'), await addDocument('b.txt')];
    const held = dataSource.createQueryRunner();
    await held.startTransaction();
    let removal: Promise<unknown> = Promise.resolve();
    try {
      await held.query('SELECT 1 FROM documents WHERE id = $1 FOR NO KEY UPDATE', [documents.toSorted()[1]]);
      removal = members.remove(owner, projectId, editor);
      await eventually('the removal waits', async () => {
        const waiting = await dataSource.query<unknown[]>(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length === 1;
      });
      expect(await new PostgresMemberships(dataSource).role(editor, projectId)).toBe('editor');
      expect(await Promise.all(documents.map(version))).toEqual([1, 1]);
    } finally {
      await held.commitTransaction();
      await held.release();
    }
    await removal;
    expect(await new PostgresMemberships(dataSource).role(editor, projectId)).toBeUndefined();
    expect(await Promise.all(documents.map(version))).toEqual([2, 2]);
  });

  it('neither deadlocks with appends to many documents nor loses one of its steps', async () => {
    const editor = await addMember('editor');
    const documents: string[] = [];
    for (let i = 0; i < 12; i++) documents.push(await addDocument(`${i}.txt`));
    const bytes = new Uint8Array([0, 0]);
    let changing = true;
    const commit = async (lane: number): Promise<void> => {
      const known = new Map(documents.map((id) => [id, 1]));
      while (changing) {
        const ids = lane === 0 ? documents : documents.toReversed();
        const batches = ids.map((documentId) => ({
          documentId,
          epoch: 1,
          accessVersion: known.get(documentId) ?? 1,
          rows: [{ userId: editor, bytes, provenance: undefined }],
        }));
        const results = await log.append(batches, lane);
        results.forEach((result, i) => {
          if (result.type === 'fenced') known.set(ids[i] ?? '', result.accessVersion);
        });
      }
    };
    const committers = Promise.all([commit(0), commit(1)]);
    try {
      for (let i = 0; i < 40; i++) await members.change(owner, projectId, editor, i % 2 === 0 ? 'viewer' : 'editor');
    } finally {
      changing = false;
    }
    await committers;
    expect(await Promise.all(documents.map(version))).toEqual(documents.map(() => 41));
  });

  it('covers a document that is created while a member is removed', async () => {
    for (let round = 0; round < 20; round++) {
      const editor = await addMember('editor');
      const [document] = await Promise.all([addDocument(`${round}.txt`), members.remove(owner, projectId, editor)]);
      // Created first: fenced. Created after: nobody could have opened it with the right that is gone.
      const events = (await outbox()).map(({ type }) => type).filter((type) => /created|removed/.test(type));
      const createdFirst = events.at(-1) === 'member.removed';
      expect(await version(document)).toBe(createdFirst ? 2 : 1);
    }
  });
});

describe('members', () => {
  it('adds by e-mail address, whatever its account, once', async () => {
    const userId = await addUser(dataSource, 'Grace');
    const { value, written } = await members.add(owner, projectId, emailOf(userId), 'commenter');
    expect(value).toEqual({ userId, email: emailOf(userId), displayName: 'Grace', role: 'commenter' });
    expect(written?.change).toEqual({
      type: 'member.added',
      projectId,
      member: { userId, displayName: 'Grace', role: 'commenter' },
    });
    await expect(members.add(owner, projectId, emailOf(userId), 'viewer')).rejects.toMatchObject({
      code: 'already_member',
    });
    await expect(members.add(owner, projectId, 'nobody@example.org', 'viewer')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('registered'),
    });
    expect((await members.list(owner, projectId)).map((member) => member.role)).toEqual(['owner', 'commenter']);
  });

  it('shows addresses to members, and to no guest, who may be anybody', async () => {
    const viewer = await addMember('viewer');
    const guest = await addMember('viewer');
    await dataSource.query(`UPDATE users SET kind = 'guest', email = NULL WHERE id = $1`, [guest]);
    const addresses = async (userId: string) =>
      (await members.list(userId, projectId)).map((member) => [member.userId, member.email]);
    expect(await addresses(viewer)).toEqual([
      [owner, emailOf(owner)],
      [viewer, emailOf(viewer)],
      [guest, null],
    ]);
    expect(await addresses(guest)).toEqual([
      [owner, null],
      [viewer, null],
      [guest, null],
    ]);
  });

  it('adds one of two who add the same user at once', async () => {
    const userId = await addUser(dataSource);
    const add = () => members.add(owner, projectId, emailOf(userId), 'editor');
    const results = await Promise.allSettled([add(), add(), add()]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'already_member' });
  });

  it('keeps one owner when the last two leave at once', async () => {
    for (let round = 0; round < 10; round++) {
      const id = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
      const second = await addUser(dataSource);
      await members.add(owner, id, emailOf(second), 'owner');
      const results = await Promise.allSettled([
        members.remove(owner, id, owner),
        members.change(second, id, second, 'editor'),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'last_owner' });
    }
  });

  it('judges a maintainer by the role that they have when the change is made', async () => {
    const maintainer = await addMember('maintainer');
    const viewer = await addMember('viewer');
    const [lowered, made] = await Promise.allSettled([
      members.change(owner, projectId, maintainer, 'viewer'),
      members.change(maintainer, projectId, viewer, 'editor'),
    ]);
    expect(lowered.status).toBe('fulfilled');
    const types = (await outbox()).slice(-2).map(({ payload }) => (payload.member as { userId: string }).userId);
    if (made.status === 'rejected') expect(made.reason).toMatchObject({ code: 'forbidden' });
    else expect(types).toEqual([viewer, maintainer]);
  });

  it('tells strangers nothing and members who may not change others nothing about who is one', async () => {
    const stranger = await addUser(dataSource);
    const viewer = await addMember('viewer');
    const nobody = await addUser(dataSource);
    for (const target of [owner, viewer, nobody]) {
      await expect(members.change(stranger, projectId, target, 'viewer')).rejects.toMatchObject({ code: 'not_found' });
      await expect(members.remove(stranger, projectId, target)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(members.change(viewer, projectId, nobody, 'editor')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(members.remove(viewer, projectId, nobody)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(members.add(viewer, projectId, 'nobody@example.org', 'viewer')).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(members.list(stranger, projectId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('records each change with who made it, and nothing for one that failed', async () => {
    const editor = await addMember('editor');
    await members.change(owner, projectId, editor, 'viewer');
    await members.change(owner, projectId, editor, 'viewer');
    await expect(members.remove(owner, projectId, owner)).rejects.toMatchObject({ code: 'last_owner' });
    await members.remove(editor, projectId, editor);
    expect((await outbox()).map(({ type, payload }) => [type, payload.by])).toEqual([
      ['member.added', owner],
      ['member.changed', owner],
      ['member.removed', editor],
    ]);
  });
});
