import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import { problem } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { PostgresAuditLog } from '../src/adapters/postgres/audit-log.js';
import { PostgresDocumentsDirectory } from '../src/adapters/postgres/documents-directory.js';
import { PostgresMembers } from '../src/adapters/postgres/members.js';
import { PostgresProjects } from '../src/adapters/postgres/projects.js';
import { addUser, emailOf, newFile, newProject } from '../src/testing/project-fixtures.js';
import { RestApp } from './support/rest-app.js';

let dataSource: DataSource;
let rest: RestApp;

beforeAll(async () => {
  rest = await RestApp.start();
  dataSource = rest.dataSource;
});

afterAll(() => rest.stop());

type Who = Role | 'stranger' | 'nobody';
const WHO: Who[] = ['nobody', 'stranger', 'viewer', 'commenter', 'editor', 'maintainer', 'owner'];

/**
 * Route, body, and the answer to each of WHO. Names in braces are replaced: ids, and `outsider`, the address of somebody
 * who is no member.
 */
const MATRIX: [route: string, body: object | undefined, answers: number[]][] = [
  ['GET /projects/{project}', undefined, [401, 404, 200, 200, 200, 200, 200]],
  ['PATCH /projects/{project}', { name: 'New' }, [401, 404, 403, 403, 403, 200, 200]],
  ['DELETE /projects/{project}', undefined, [401, 404, 403, 403, 403, 403, 204]],
  ['GET /projects/{project}/members', undefined, [401, 404, 200, 200, 200, 200, 200]],
  [
    'POST /projects/{project}/members',
    { email: '{outsider}', role: 'maintainer' },
    [401, 404, 403, 403, 403, 201, 201],
  ],
  ['POST /projects/{project}/members', { email: '{outsider}', role: 'owner' }, [401, 404, 403, 403, 403, 403, 201]],
  ['PATCH /projects/{project}/members/{peer}', { role: 'viewer' }, [401, 404, 403, 403, 403, 200, 200]],
  ['PATCH /projects/{project}/members/{peer}', { role: 'owner' }, [401, 404, 403, 403, 403, 403, 200]],
  ['PATCH /projects/{project}/members/{founder}', { role: 'viewer' }, [401, 404, 403, 403, 403, 403, 200]],
  ['DELETE /projects/{project}/members/{peer}', undefined, [401, 404, 403, 403, 403, 204, 204]],
  ['DELETE /projects/{project}/members/{founder}', undefined, [401, 404, 403, 403, 403, 403, 204]],
  ['DELETE /projects/{project}/members/{self}', undefined, [401, 404, 204, 204, 204, 204, 204]],
  ['GET /projects/{project}/documents', undefined, [401, 404, 200, 200, 200, 200, 200]],
  ['POST /projects/{project}/documents', { path: 'b.txt', text: 'b' }, [401, 404, 403, 403, 201, 201, 201]],
  ['GET /documents/{document}', undefined, [401, 404, 200, 200, 200, 200, 200]],
  ['GET /documents/{document}/text', undefined, [401, 404, 200, 200, 200, 200, 200]],
  ['PATCH /documents/{document}', { path: 'c.txt' }, [401, 404, 403, 403, 200, 200, 200]],
  ['DELETE /documents/{document}', undefined, [401, 404, 403, 403, 204, 204, 204]],
];

/** A project with a founder, a peer, one file, and `who` as a second member. */
async function scene(who: Who) {
  const [founder, peer, self, outsider] = await Promise.all(Array.from({ length: 4 }, () => addUser(dataSource)));
  if (!founder || !peer || !self || !outsider) throw new Error('users are missing');
  const { id: project } = await new PostgresProjects(dataSource).create(founder, newProject());
  const members = new PostgresMembers(dataSource, new PostgresAuditLog(dataSource));
  await members.add(founder, project, emailOf(peer), 'editor');
  if (who !== 'stranger' && who !== 'nobody') await members.add(founder, project, emailOf(self), who);
  const directory = new PostgresDocumentsDirectory(dataSource);
  const document = (await directory.create(founder, project, newFile('a.txt', 'text'))).value.id;
  return { founder, peer, self, project, document, outsider: emailOf(outsider) };
}

function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

async function ask(route: string, body: object | undefined, values: Record<string, string>, user?: string) {
  const [method = '', path = ''] = route.split(' ');
  return rest.request(user, method, fill(path, values), body && fill(JSON.stringify(body), values));
}

const cells = MATRIX.flatMap(([route, body, answers]) =>
  WHO.map((who, column) => ({ route, body, who, status: answers[column], sent: body ? JSON.stringify(body) : '' })),
);

describe('A43 A44 who may do what over REST', () => {
  it.each(cells)('$who: $route $sent -> $status', async ({ route, body, who, status }) => {
    const values = await scene(who);
    const before = await dataSource.query('SELECT count(*)::int AS count FROM event_outbox');
    const answer = await ask(route, body, values, who === 'nobody' ? undefined : values.self);
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    if (answer.status < 400) return;
    const code = answer.status === 401 ? 'unauthorized' : answer.status === 403 ? 'forbidden' : 'not_found';
    expect(problem.parse(answer.body).code).toBe(code);
    expect(await dataSource.query('SELECT count(*)::int AS count FROM event_outbox')).toEqual(before);
  });

  it.each(MATRIX)('A43: a stranger gets for %s word for word what is said of an absent one', async (route, body) => {
    const values = await scene('stranger');
    const absent = { ...values, project: randomUUID(), document: randomUUID() };
    const [there, notThere] = [
      await ask(route, body, values, values.self),
      await ask(route, body, absent, values.self),
    ];
    expect([there.status, there.body]).toEqual([404, notThere.body]);
    const malformed = await ask(
      route,
      body,
      { ...values, project: "1'%20OR%20'1'='1", document: '%2e%2e%2f1' },
      values.self,
    );
    expect(malformed.status).toBe(404);
  });

  it('A43: a deleted document and the documents of a deleted project are absent for their owner', async () => {
    const values = await scene('owner');
    const documentRoutes = MATRIX.filter(([route]) => route.includes('{document}'));
    await ask('DELETE /documents/{document}', undefined, values, values.self);
    for (const [route, body] of documentRoutes)
      expect([route, (await ask(route, body, values, values.self)).status]).toEqual([route, 404]);

    const other = await scene('owner');
    await ask('DELETE /projects/{project}', undefined, other, other.self);
    for (const [route, body] of MATRIX)
      expect([route, (await ask(route, body, other, other.self)).status]).toEqual([route, 404]);
  });

  it('A43: no member of one project reaches the files of another through it', async () => {
    const [mine, theirs] = [await scene('owner'), await scene('stranger')];
    const mixed = { ...mine, document: theirs.document, peer: theirs.peer };
    for (const route of ['GET /documents/{document}', 'GET /documents/{document}/text', 'DELETE /documents/{document}'])
      expect((await ask(route, undefined, mixed, mine.self)).status).toBe(404);
    expect((await ask('PATCH /projects/{project}/members/{peer}', { role: 'viewer' }, mixed, mine.self)).status).toBe(
      404,
    );
    const { text } = await ask('GET /projects/{project}/documents', undefined, mine, mine.self);
    expect(text).not.toContain(theirs.document);
  });

  it('the last owner can neither leave nor step down, and says why', async () => {
    const values = await scene('stranger');
    for (const [route, body] of [
      ['DELETE /projects/{project}/members/{founder}', undefined],
      ['PATCH /projects/{project}/members/{founder}', { role: 'editor' }],
    ] as const) {
      const answer = await ask(route, body, values, values.founder);
      expect([answer.status, problem.parse(answer.body).code]).toEqual([409, 'last_owner']);
    }
  });
});
