import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { document, project } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import type { Change } from '../src/core/access/changes.js';
import { addUser, emailOf } from '../src/testing/project-fixtures.js';
import { RestApp } from './support/rest-app.js';

let dataSource: DataSource;
let rest: RestApp;
let owner: string;
let projectId: string;

beforeAll(async () => {
  rest = await RestApp.start();
  dataSource = rest.dataSource;
});

afterAll(() => rest.stop());

beforeEach(async () => {
  owner = await addUser(dataSource, 'Olga');
  projectId = project.parse((await ask('POST', '/projects', { name: 'Apollo' })).body).id;
});

const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  rest.request(owner, method, path, body, headers);
const createFile = (path: string, text?: string) => ask('POST', `/projects/${projectId}/documents`, { path, text });

describe('what the sockets are told', () => {
  /** Runs `work`, and for each change told meanwhile asks the database, over another connection, at once. */
  async function told(work: () => Promise<unknown>, look = 'SELECT 1'): Promise<{ change: Change; seen: unknown[] }[]> {
    const looks: Promise<{ change: Change; seen: unknown[] }>[] = [];
    const end = rest.changes.subscribe((change) => {
      looks.push(dataSource.query<unknown[]>(look).then((seen) => ({ change, seen })));
    });
    await work();
    end();
    return Promise.all(looks);
  }

  it('tells of each change once, when others can already read it', async () => {
    const grace = await addUser(dataSource, 'Grace');
    const members = `/projects/${projectId}/members`;
    const role = `SELECT role FROM project_members WHERE user_id = '${grace}'`;
    const graceAs = (role: string) => ({ userId: grace, displayName: 'Grace', role });

    expect(await told(() => ask('POST', members, { email: emailOf(grace), role: 'editor' }), role)).toEqual([
      { change: { type: 'member.added', projectId, member: graceAs('editor') }, seen: [{ role: 'editor' }] },
    ]);
    expect(await told(() => ask('PATCH', `${members}/${grace}`, { role: 'viewer' }), role)).toEqual([
      { change: { type: 'member.changed', projectId, member: graceAs('viewer') }, seen: [{ role: 'viewer' }] },
    ]);
    expect(await told(() => ask('DELETE', `${members}/${grace}`), role)).toEqual([
      { change: { type: 'member.removed', projectId, userId: grace }, seen: [] },
    ]);

    const paths = `SELECT path FROM documents WHERE project_id = '${projectId}' AND deleted_at IS NULL`;
    const [created] = await told(() => createFile('a.txt', 'a'), paths);
    expect(created).toMatchObject({ change: { type: 'document.created', projectId }, seen: [{ path: 'a.txt' }] });
    const entry = created?.change.type === 'document.created' ? created.change.document : undefined;
    expect(await told(() => ask('PATCH', `/documents/${entry?.id}`, { path: 'b.txt' }), paths)).toEqual([
      {
        change: { type: 'document.moved', projectId, document: { ...entry, path: 'b.txt' } },
        seen: [{ path: 'b.txt' }],
      },
    ]);
    expect(await told(() => ask('DELETE', `/documents/${entry?.id}`), paths)).toEqual([
      { change: { type: 'document.deleted', projectId, documentId: entry?.id }, seen: [] },
    ]);

    const name = `SELECT name FROM projects WHERE id = '${projectId}'`;
    expect(await told(() => ask('PATCH', `/projects/${projectId}`, { name: 'Gemini' }), name)).toEqual([
      { change: { type: 'project.changed', projectId, name: 'Gemini' }, seen: [{ name: 'Gemini' }] },
    ]);
    const left = `SELECT user_id FROM project_members WHERE project_id = '${projectId}'`;
    expect(await told(() => ask('DELETE', `/projects/${projectId}`), left)).toEqual([
      { change: { type: 'project.deleted', projectId }, seen: [] },
    ]);
  });

  it('tells nothing of what was refused or changed nothing', async () => {
    await createFile('a.txt');
    const { id } = document.parse((await createFile('b.txt')).body);
    const viewer = await addUser(dataSource);
    const members = `/projects/${projectId}/members`;
    await ask('POST', members, { email: emailOf(viewer), role: 'viewer' });
    expect(
      await told(async () => {
        await createFile('a.txt');
        await createFile('../a');
        await ask('PATCH', `/documents/${id}`, { path: 'a.txt' });
        await ask('PATCH', `/documents/${id}`, { path: 'b.txt' });
        await ask('PATCH', `/projects/${projectId}`, {});
        await ask('PATCH', `${members}/${viewer}`, { role: 'viewer' });
        await ask('DELETE', `${members}/${owner}`);
        await rest.request(viewer, 'DELETE', `/projects/${projectId}`);
        await rest.request(viewer, 'DELETE', `/documents/${id}`);
      }),
    ).toEqual([]);
  });
});
