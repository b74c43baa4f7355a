import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { PostgresDemoProject } from '../src/adapters/postgres/demo-project.js';
import { PostgresDocumentsDirectory } from '../src/adapters/postgres/documents-directory.js';
import { PostgresMemberships } from '../src/adapters/postgres/memberships.js';
import { PostgresProjects } from '../src/adapters/postgres/projects.js';
import { PostgresSignInLinks } from '../src/adapters/postgres/sign-in-links.js';
import { DemoService } from '../src/features/demo/demo.service.js';
import { InProcessContents, type OpenedDatabase, openTestDatabase } from '../src/testing/project-fixtures.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let links: PostgresSignInLinks;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  links = new PostgresSignInLinks(dataSource);
});
afterAll(() => database.close());
beforeEach(() => dataSource.query('TRUNCATE users, projects CASCADE'));

/** What a start does, and then whoever opens the link. */
async function start() {
  const contents = new InProcessContents(dataSource);
  const fragment = await new DemoService(new PostgresDemoProject(dataSource), contents, links).link();
  const opened = await links.redeem(fragment.replace(/^#link=/, ''), 'Guest');
  if (opened === undefined) throw new Error('the link does not open');
  const { account, projectId, documentId, role } = opened.value;
  return { guest: account.id, projectId, documentId: documentId ?? '', role };
}

describe('the demo project', () => {
  it('opens at the README for an editor, with files that have a text', async () => {
    const { guest, projectId, documentId, role } = await start();
    expect(role).toBe('editor');
    const directory = new PostgresDocumentsDirectory(dataSource);
    const files = await directory.list(guest, projectId);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'index.html', 'package.json', 'src/index.ts', 'src/todo.ts', 'styles.css']),
    );
    expect((await directory.get(guest, documentId)).path).toBe('README.md');
    const contents = new InProcessContents(dataSource);
    for (const { id, path } of files)
      expect([path, (await contents.text(id)).text]).toEqual([path, expect.stringMatching(/\w/)]);
    expect((await contents.text(documentId)).text).toContain('Welcome');
  });

  it('is the same one after a restart, with what was changed meanwhile', async () => {
    const first = await start();
    const directory = new PostgresDocumentsDirectory(dataSource);
    const files = await directory.list(first.guest, first.projectId);
    const css = files.find(({ path }) => path === 'styles.css')?.id ?? '';
    await directory.delete(first.guest, css);
    await dataSource.query(`UPDATE projects SET name = 'Renamed' WHERE id = $1`, [first.projectId]);

    const second = await start();
    expect([second.projectId, second.documentId]).toEqual([first.projectId, first.documentId]);
    expect(second.guest).not.toBe(first.guest);
    expect((await directory.list(second.guest, second.projectId)).map(({ id }) => id)).toEqual(
      files.map(({ id }) => id).filter((id) => id !== css),
    );
    expect((await new PostgresProjects(dataSource).get(second.guest, second.projectId)).name).toBe('Renamed');
  });

  it('gets its files back when somebody deleted all of them, and opens another file when the README is gone', async () => {
    const { guest, projectId, documentId } = await start();
    const directory = new PostgresDocumentsDirectory(dataSource);
    const files = await directory.list(guest, projectId);
    await directory.delete(guest, documentId);
    expect((await start()).documentId).toBe(files.find(({ id }) => id !== documentId)?.id);
    for (const { id } of files) if (id !== documentId) await directory.delete(guest, id);
    expect((await new PostgresMemberships(dataSource).documents(projectId)).length).toBe(0);
    await start();
    expect((await directory.list(guest, projectId)).map(({ path }) => path)).toEqual(files.map(({ path }) => path));
  });

  it('is made once by nodes that start together', async () => {
    const starts = await Promise.all([start(), start(), start()]);
    expect(new Set(starts.map(({ projectId, documentId }) => projectId + documentId)).size).toBe(1);
    const [{ count }] = await dataSource.query(`SELECT count(*)::int AS count FROM documents WHERE path = 'README.md'`);
    expect(count).toBe(1);
  });

  it('has an owner that nobody can sign in as', async () => {
    const { projectId } = await start();
    const owners = await dataSource.query(
      `SELECT u.email, u.password_hash FROM project_members m JOIN users u ON u.id = m.user_id
       WHERE m.project_id = $1 AND m.role = 'owner'`,
      [projectId],
    );
    expect(owners).toEqual([{ email: null, password_hash: null }]);
  });
});
