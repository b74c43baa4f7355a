import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

let database: OpenedDatabase;
let memberships: PostgresMemberships;
let directory: PostgresDocumentsDirectory;
let owner: string;
let viewer: string;
let stranger: string;
let projectId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  const { dataSource } = database;
  memberships = new PostgresMemberships(dataSource);
  directory = new PostgresDocumentsDirectory(dataSource);
  [owner, viewer, stranger] = [await addUser(dataSource), await addUser(dataSource), await addUser(dataSource)];
  projectId = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
  await new PostgresMembers(dataSource, new PostgresAuditLog(dataSource)).add(
    owner,
    projectId,
    emailOf(viewer),
    'viewer',
  );
});

afterAll(() => database.close());

describe('A44 memberships', () => {
  it('knows the role of a member, and none of anybody else', async () => {
    expect(await memberships.role(owner, projectId)).toBe('owner');
    expect(await memberships.role(viewer, projectId)).toBe('viewer');
    expect(await memberships.role(stranger, projectId)).toBeUndefined();
    expect(await memberships.role(owner, stranger)).toBeUndefined();
    const { id } = (await directory.create(owner, projectId, newFile('roles.txt'))).value;
    expect(await memberships.rolesAt([owner, viewer, stranger], id)).toEqual(
      new Map([
        [owner, 'owner'],
        [viewer, 'viewer'],
      ]),
    );
    await directory.delete(owner, id);
    expect(await memberships.rolesAt([owner], id)).toEqual(new Map());
  });

  it('knows a document for members only, and while it is there', async () => {
    const { id } = (await directory.create(owner, projectId, newFile('x/a.txt'))).value;
    const found = { projectId, kind: 'text', path: 'x/a.txt', accessVersion: 1 };
    expect(await memberships.document(owner, id)).toEqual({ ...found, role: 'owner' });
    expect(await memberships.document(viewer, id)).toEqual({ ...found, role: 'viewer' });
    expect(await memberships.document(stranger, id)).toBeUndefined();
    await directory.delete(owner, id);
    expect(await memberships.document(owner, id)).toBeUndefined();
  });

  it('lists the documents that are there by path', async () => {
    for (const path of ['b', 'a', 'Z', 'gone']) await directory.create(owner, projectId, newFile(path));
    const gone = (await memberships.documents(projectId)).find(({ path }) => path === 'gone');
    await directory.delete(owner, gone?.id ?? '');
    expect((await memberships.documents(projectId)).map(({ path }) => path)).toEqual(['Z', 'a', 'b']);
  });

  it('answers each question from indexes alone', async () => {
    const { dataSource } = database;
    await dataSource.query(
      `INSERT INTO documents (project_id, path, path_key, kind)
       SELECT $1, 'many/' || n, 'many/' || n, 'text' FROM generate_series(1, 5000) n`,
      [projectId],
    );
    await dataSource.query('ANALYZE documents, project_members');
    const queries: string[] = [];
    const asked = dataSource.query.bind(dataSource);
    const explaining = Object.create(dataSource, {
      query: {
        value: async (sql: string, parameters: unknown[]) => {
          const plan = await asked<{ 'QUERY PLAN': string }[]>(`EXPLAIN ${sql}`, parameters);
          queries.push(plan.map((line) => line['QUERY PLAN']).join('\n'));
          return asked(sql, parameters);
        },
      },
    });
    const { id } = (await directory.create(owner, projectId, newFile('index.txt'))).value;
    expect(await new PostgresMemberships(explaining).document(viewer, id)).toMatchObject({ role: 'viewer' });
    expect(queries).toHaveLength(1);
    expect(queries[0]).toContain('documents_pkey');
    expect(queries[0]).not.toContain('Seq Scan on documents');
  });
});
