import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { document, project, projectList } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { addUser } from '../src/testing/project-fixtures.js';
import { RestApp, refusal } from './support/rest-app.js';

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

describe('hostile input', () => {
  const HOSTILE = ["'; DROP TABLE projects; --", "' OR '1'='1", '$1', '%', '\\', '{{7*7}}', '__proto__'];

  it.each(HOSTILE)('A41: keeps %j as a name', async (name) => {
    const made = project.parse((await ask('POST', '/projects', { name })).body);
    expect(made.name).toBe(name);
    expect(projectList.parse((await ask('GET', '/projects')).body).projects).toHaveLength(2);
  });

  it.each(HOSTILE)('A41: takes %j as a file name like any other, or refuses it', async (name) => {
    const answer = await createFile(name);
    if (answer.status === 201) expect(document.parse(answer.body).path).toBe(name);
    else expect(refusal(answer)).toEqual([400, 'bad_path']);
    expect(refusal(await ask('GET', `/documents/${encodeURIComponent(name)}`))[0]).toBe(404);
  });

  it.each([
    ['POST', '/projects', { name: { $ne: null } }],
    ['POST', '/projects', { name: ['a'] }],
    ['POST', '/projects', { name: 1 }],
    ['POST', '/projects', []],
    ['POST', '/projects', '"text"'],
    ['POST', '/projects', '{"name":'],
    ['PATCH', '/projects/{project}', { name: { '>': '' } }],
    ['POST', '/projects/{project}/members', { email: { $gt: '' }, role: 'owner' }],
    ['POST', '/projects/{project}/members', { email: ['a@example.org'], role: 'owner' }],
    ['POST', '/projects/{project}/members', { email: 'a@example.org', role: 'root' }],
    ['PATCH', '/projects/{project}/members/{owner}', { role: ['owner'] }],
    ['POST', '/projects/{project}/documents', { path: { $ne: '' } }],
    ['POST', '/projects/{project}/documents', { path: ['a', 'b'] }],
    ['POST', '/projects/{project}/documents', { path: 'a', text: { length: 1 } }],
    ['POST', '/projects/{project}/documents', { path: 'a', kind: 'exe' }],
  ])('A41: answers %s %s %j with bad_request', async (method, path, body) => {
    const answer = await ask(method, path.replace('{project}', projectId).replace('{owner}', owner), body);
    expect(refusal(answer)).toEqual([400, 'bad_request']);
  });

  it.each([
    ['POST', '/projects', { name: 'a', role: 'owner' }],
    ['POST', '/projects', { name: 'a', ownerId: 'x' }],
    ['POST', '/projects', { name: 'a', configuration: { isAdmin: true } }],
    ['PATCH', '/projects/{project}', { id: '6d0e5c1a-7b1f-4f0e-9a55-2c9d3f5b8e01' }],
    ['PATCH', '/projects/{project}', { createdAt: 0 }],
    ['POST', '/projects/{project}/members', { email: 'a@example.org', role: 'viewer', userId: 'x' }],
    ['PATCH', '/projects/{project}/members/{owner}', { role: 'owner', projectId: 'x' }],
    ['POST', '/projects/{project}/documents', { path: 'a', createdBy: 'x' }],
    ['POST', '/projects/{project}/documents', { path: 'a', head: 99 }],
    ['PATCH', '/documents/{project}', { path: 'a', projectId: 'x' }],
  ])('A42: answers the unknown field of %s %s %j with bad_request', async (method, path, body) => {
    const answer = await ask(method, path.replace('{project}', projectId).replace('{owner}', owner), body);
    expect(refusal(answer)).toEqual([400, 'bad_request']);
  });

  it.each(['%0d%0aSet-Cookie:%20a=b', '%0aevent:%20x', 'a%00b'])(
    'A55: %s in an address splits no answer',
    async (id) => {
      for (const path of [`/documents/${id}`, `/projects/${id}/members`]) {
        const answer = await ask('GET', path);
        expect([400, 404]).toContain(answer.status);
        expect(answer.headers.get('set-cookie')).toBeNull();
        expect(answer.text).not.toMatch(/[\r\n]/);
      }
    },
  );

  it.each(['__proto__', 'constructor', 'prototype'])('A47: refuses the key %s anywhere', async (key) => {
    for (const body of [`{"name":"a","${key}":{}}`, `{"name":"a","configuration":{"analysisRules":{"${key}":true}}}`])
      expect(refusal(await ask('POST', '/projects', body))).toEqual([400, 'bad_key']);
    expect(refusal(await ask('POST', `/projects/${projectId}/documents`, `{"path":"a","${key}":{}}`))).toEqual([
      400,
      'bad_key',
    ]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});
