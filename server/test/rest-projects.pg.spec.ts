import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { document, documentList, member, memberList, problem, project, projectList } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { addUser, emailOf } from '../src/testing/project-fixtures.js';
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

describe('projects over REST', () => {
  it('answers with what the protocol says, defaults filled in', async () => {
    const made = await ask('POST', '/projects', { name: '  Gemini  ', configuration: { guests: true } });
    expect(made.status).toBe(201);
    expect(project.strict().parse(made.body)).toMatchObject({
      name: 'Gemini',
      role: 'owner',
      configuration: { guests: true, suggestionSharing: 'text', analysisRules: {}, historyDays: null },
      aiContext: { instructions: '', pinnedPaths: [] },
    });
    const list = projectList.parse((await ask('GET', '/projects')).body);
    expect(list.projects.map(({ name }) => name)).toEqual(['Apollo', 'Gemini']);
    const changed = await ask('PATCH', `/projects/${projectId}`, { name: 'Artemis' });
    expect(project.parse(changed.body).name).toBe('Artemis');
    expect((await ask('DELETE', `/projects/${projectId}`)).status).toBe(204);
  });

  it('adds members by address in any case, and says that a project has no such user', async () => {
    const userId = await addUser(dataSource, 'Grace');
    const members = `/projects/${projectId}/members`;
    const added = await ask('POST', members, { email: ` ${emailOf(userId).toUpperCase()}`, role: 'editor' });
    expect([added.status, member.strict().parse(added.body)]).toEqual([
      201,
      { userId, email: emailOf(userId), displayName: 'Grace', role: 'editor' },
    ]);
    expect(memberList.parse((await ask('GET', members)).body).members.map(({ role }) => role)).toEqual([
      'owner',
      'editor',
    ]);
    expect(refusal(await ask('POST', members, { email: emailOf(userId), role: 'viewer' }))).toEqual([
      409,
      'already_member',
    ]);
    const unknown = await ask('POST', members, { email: 'nobody@example.org', role: 'viewer' });
    expect(refusal(unknown)).toEqual([404, 'not_found']);
    expect(problem.parse(unknown.body).detail).toMatch(/registered/);
  });
});

describe('documents over REST', () => {
  it('creates, lists, moves and deletes', async () => {
    const made = await createFile('src/lib/b.ts', 'b');
    expect([made.status, document.strict().parse(made.body)]).toEqual([
      201,
      expect.objectContaining({ projectId, path: 'src/lib/b.ts', kind: 'text', seq: 1, epoch: 1 }),
    ]);
    const { id } = document.parse(made.body);
    await createFile('README.md');
    const { documents, tree } = documentList.parse((await ask('GET', `/projects/${projectId}/documents`)).body);
    expect(documents.map(({ path }) => path)).toEqual(['README.md', 'src/lib/b.ts']);
    expect(tree.map(({ name }) => name)).toEqual(['src', 'README.md']);
    expect(document.parse((await ask('PATCH', `/documents/${id}`, { path: 'c.ts' })).body).path).toBe('c.ts');
    expect(document.parse((await ask('GET', `/documents/${id}`)).body).path).toBe('c.ts');
    expect((await ask('DELETE', `/documents/${id}`)).status).toBe(204);
    expect((await ask('GET', `/documents/${id}`)).status).toBe(404);
  });

  it.each([
    'plain\n',
    'line\r\nline\rline\u2028\n',
    '\ufeffmark 👩‍💻 𝒳 \u0001\u202e',
    '<script>alert(1)</script>',
    '{"a": 1}',
  ])('gives the text %j back exactly', async (text) => {
    const { id } = document.parse((await createFile('a.txt', text)).body);
    const answer = await ask('GET', `/documents/${id}/text`);
    expect([answer.status, answer.text]).toEqual([200, text]);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('tandem-seq')).toBe('1');
    expect(answer.headers.get('etag')).toBe('"1-1"');
  });

  it('answers 304 while the text is the one that the client has', async () => {
    const { id } = document.parse((await createFile('a.txt', 'text')).body);
    const read = (etag: string) => ask('GET', `/documents/${id}/text`, undefined, { 'if-none-match': etag });
    for (const known of ['"1-1"', 'W/"1-1"', '"1-0", "1-1"', '*']) {
      const answer = await read(known);
      expect([answer.status, answer.text, answer.headers.get('etag')]).toEqual([304, '', '"1-1"']);
    }
    for (const other of ['"1-0"', '"2-1"', '1-1', ''])
      expect(await read(other)).toMatchObject({ status: 200, text: 'text' });
  });

  it('has a text for an empty document, and none for one of another kind', async () => {
    for (const text of [undefined, '']) {
      const { id, seq } = document.parse((await createFile(`empty-${text}`, text)).body);
      expect(seq).toBe(0);
      expect(await ask('GET', `/documents/${id}/text`)).toMatchObject({ status: 200, text: '' });
    }
    const free = await ask('POST', `/projects/${projectId}/documents`, { path: 'board', kind: 'free' });
    const { id } = document.parse(free.body);
    expect(refusal(await ask('GET', `/documents/${id}/text`))).toEqual([400, 'schema_violation']);
    const both = { path: 'board2', kind: 'free', text: 'x' };
    expect(refusal(await ask('POST', `/projects/${projectId}/documents`, both))).toEqual([400, 'schema_violation']);
  });

  it.each([
    ['NUL', 'a\\u0000b', [400, 'schema_violation']],
    ['half of a surrogate pair', 'a\\ud83d', [400, 'schema_violation']],
    ['more than four million units', 'x'.repeat(4_000_001), [413, 'too_large']],
    ['more bytes than a body may have', 'x'.repeat(30_000_000), [413, 'too_large']],
  ])('refuses a text with %s', async (_what, text, expected) => {
    const answer = await ask('POST', `/projects/${projectId}/documents`, `{"path":"a.txt","text":"${text}"}`);
    expect(refusal(answer)).toEqual(expected);
    expect((await createFile('a.txt')).status).toBe(201);
  });

  it.each([
    '../secret',
    '/etc/passwd',
    'C:\\boot.ini',
    'a\0b',
    'CON',
    'x'.repeat(4096),
    'exe.\u202egpj',
    'a//b',
    '',
    '\ud800',
  ])('A45: refuses the path %j with a reason, for a new file and for a move', async (path) => {
    const { id } = document.parse((await createFile('a.txt')).body);
    for (const answer of [await createFile(path), await ask('PATCH', `/documents/${id}`, { path })]) {
      expect(refusal(answer)).toEqual([400, 'bad_path']);
      expect(problem.parse(answer.body).detail).toMatch(/^(The path|A name|Folders)/);
    }
  });

  it('A45: knows spellings that differ in case or form as one path', async () => {
    await createFile('Straße/Café.txt');
    expect(refusal(await createFile('STRASSE/cafe\u0301.TXT'))).toEqual([409, 'path_taken']);
    expect(refusal(await createFile('straße'))).toEqual([409, 'path_taken']);
  });
});
