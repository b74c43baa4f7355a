import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { document } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import {
  addUser,
  InProcessContents,
  newFile,
  newProject,
  type OpenedDatabase,
  openTestDatabase,
} from '../../testing/project-fixtures.js';
import { PostgresAuditLog } from './audit-log.js';
import { PostgresDocumentsDirectory } from './documents-directory.js';
import { PostgresMembers } from './members.js';
import { PostgresProjects } from './projects.js';
import { PostgresUpdateLog } from './update-log/postgres-update-log.js';

let database: OpenedDatabase;
let dataSource: DataSource;
let directory: PostgresDocumentsDirectory;
let log: PostgresUpdateLog;
let owner: string;
let projectId: string;

beforeAll(async () => {
  database = await openTestDatabase();
  dataSource = database.dataSource;
  directory = new PostgresDocumentsDirectory(dataSource);
  log = new PostgresUpdateLog(dataSource);
});

afterAll(async () => {
  await log.close();
  await database.close();
});

beforeEach(async () => {
  owner = await addUser(dataSource);
  projectId = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
});

const create = async (path: string, text?: string) =>
  (await directory.create(owner, projectId, newFile(path, text))).value;
const move = async (id: string, path: string) => (await directory.move(owner, id, newFile(path))).value;
const paths = async () => (await directory.list(owner, projectId)).map(({ path }) => path);
const outbox = (documentId: string) =>
  dataSource.query<{ type: string; from_seq: string | null; seq: string | null }[]>(
    'SELECT type, from_seq, seq, payload FROM event_outbox WHERE document_id = $1 ORDER BY id',
    [documentId],
  );

/** Which of the competing changes won, and why the others did not. */
async function race(...changes: Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(changes);
  return results.map((result) => (result.status === 'fulfilled' ? 'done' : result.reason.code)).sort();
}

describe('create', () => {
  it('makes an empty document at seq 0', async () => {
    const made = await create('src/a.ts');
    expect(document.parse(made)).toEqual(made);
    expect(made).toMatchObject({ projectId, path: 'src/a.ts', kind: 'text', seq: 0, epoch: 1 });
    expect(await directory.get(owner, made.id)).toEqual(made);
    expect((await outbox(made.id)).map(({ type }) => type)).toEqual(['document.created']);
  });

  it('stores a text as update 1 by its creator, so that the log opens with it', async () => {
    const text = 'const snow = "☃";\r\n';
    const made = await create('a.ts', text);
    expect(made.seq).toBe(1);
    const loaded = await log.load(made.id);
    expect(loaded?.rows.map(({ seq }) => seq)).toEqual([1]);
    expect(await new InProcessContents(dataSource).text(made.id)).toEqual({ text, seq: 1 });
    const clients = await dataSource.query('SELECT user_id FROM document_clients WHERE document_id = $1', [made.id]);
    expect(clients).toEqual([{ user_id: owner }]);
    expect((await outbox(made.id)).map(({ type, from_seq, seq }) => [type, from_seq, seq])).toEqual([
      ['document.created', null, null],
      ['document.updated', '1', '1'],
    ]);
    const next = { userId: owner, bytes: new Uint8Array([0, 0]), provenance: undefined };
    expect(await log.append([{ documentId: made.id, epoch: 1, accessVersion: 1, rows: [next] }], 0)).toEqual([
      { type: 'stored', fromSeq: 2 },
    ]);
  });

  it('A45: gives one of several who race for a path, in any spelling of it, the path', async () => {
    const spellings = ['read/me.md', 'READ/ME.md', 'read/me.MD', 'Read/Me.md'];
    expect(await race(...spellings.map((path) => create(path, 'x')))).toEqual([
      'done',
      'path_taken',
      'path_taken',
      'path_taken',
    ]);
    expect(await paths()).toHaveLength(1);
    const [orphans] = await dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM document_updates u LEFT JOIN documents d ON d.id = u.document_id WHERE d.id IS NULL`,
    );
    expect(orphans).toEqual({ count: 0 });
  });

  it('A45: takes no file where a folder is, and no folder where a file is', async () => {
    await create('a/b/c.txt');
    await create('x');
    await create('a.b/c');
    await create('a%');
    for (const path of ['a', 'A', 'a/b', 'a/B/C.TXT', 'x/y', 'X/y/z'])
      await expect(create(path)).rejects.toMatchObject({ code: 'path_taken' });
    for (const path of ['a/bc', 'ab', 'a/b/d', 'x.txt', 'a_', 'a.b/_']) await create(path);
  });

  it('A45: gives one of two who race for a file and a folder of one name', async () => {
    for (let round = 0; round < 10; round++) {
      expect(await race(create(`${round}`), create(`${round}/b`))).toEqual(['done', 'path_taken']);
    }
  });

  it('lets each project have its own', async () => {
    const other = (await new PostgresProjects(dataSource).create(owner, newProject())).id;
    await create('a.txt');
    await directory.create(owner, other, newFile('a.txt'));
  });

  it('is refused to who was removed a moment before', async () => {
    const editor = await addUser(dataSource);
    const members = new PostgresMembers(dataSource, new PostgresAuditLog(dataSource));
    for (let round = 0; round < 10; round++) {
      await members.add(owner, projectId, `${editor}@example.org`, 'editor');
      const [, made] = await Promise.allSettled([
        members.remove(owner, projectId, editor),
        directory.create(editor, projectId, newFile(`${round}.txt`)),
      ]);
      if (made.status === 'rejected') expect(made.reason).toMatchObject({ code: 'not_found' });
      await expect(directory.create(editor, projectId, newFile(`${round}b.txt`))).rejects.toMatchObject({
        code: 'not_found',
      });
    }
  });
});

describe('list', () => {
  it('is in code point order, whatever the language of the database', async () => {
    for (const path of ['b', 'a', 'Z', 'é', '😀', '～', 'a-b/c', 'a b/c']) await create(path);
    expect(await paths()).toEqual(['Z', 'a', 'a b/c', 'a-b/c', 'b', 'é', '～', '😀']);
  });
});

describe('move', () => {
  it('keeps the document, its text and the fence, and tells of it', async () => {
    const made = await create('a.txt', 'text');
    const { value, written } = await directory.move(owner, made.id, newFile('b/c.txt'));
    expect(value).toMatchObject({ id: made.id, path: 'b/c.txt', seq: 1, createdAt: made.createdAt });
    expect(value.updatedAt).toBeGreaterThan(made.updatedAt);
    expect(written?.change).toEqual({
      type: 'document.moved',
      projectId,
      document: { id: made.id, path: 'b/c.txt', kind: 'text' },
    });
    expect((await log.load(made.id))?.accessVersion).toBe(1);
    await create('a.txt');
  });

  it('can change the case of a name, and put a file into a folder of its own name', async () => {
    const made = await create('readme.md');
    expect((await move(made.id, 'README.md')).path).toBe('README.md');
    expect((await move(made.id, 'readme.md/readme.md')).path).toBe('readme.md/readme.md');
  });

  it('says nothing when nothing moved', async () => {
    const made = await create('a.txt');
    expect((await directory.move(owner, made.id, newFile('a.txt'))).written).toBeUndefined();
  });

  it('is refused where another file is, and gives a path to one of two', async () => {
    const [a, b] = [await create('a'), await create('b')];
    await expect(directory.move(owner, a.id, newFile('B'))).rejects.toMatchObject({ code: 'path_taken' });
    expect(await race(move(a.id, 'c'), move(b.id, 'C'))).toEqual(['done', 'path_taken']);
  });
});

describe('delete', () => {
  it('A43: makes the document absent for everything, and keeps its rows', async () => {
    const [made, neighbour] = [await create('a.txt', 'text'), await create('b.txt')];
    const { written } = await directory.delete(owner, made.id);
    expect(written?.change).toEqual({ type: 'document.deleted', projectId, documentId: made.id });
    await expect(directory.get(owner, made.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(move(made.id, 'c')).rejects.toMatchObject({ code: 'not_found' });
    await expect(directory.delete(owner, made.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await paths()).toEqual(['b.txt']);
    expect(await log.load(made.id)).toBeUndefined();
    const rows = await dataSource.query('SELECT seq FROM document_updates WHERE document_id = $1', [made.id]);
    expect(rows).toHaveLength(1);
    const versions = await dataSource.query<{ access_version: string }[]>(
      'SELECT access_version FROM documents WHERE id = ANY($1) ORDER BY path',
      [[made.id, neighbour.id]],
    );
    expect(versions.map((row) => row.access_version)).toEqual(['2', '1']);
  });

  it('takes no append any more', async () => {
    const made = await create('a.txt');
    await directory.delete(owner, made.id);
    const rows = [{ userId: owner, bytes: new Uint8Array([0, 0]), provenance: undefined }];
    for (const accessVersion of [1, 2])
      expect(await log.append([{ documentId: made.id, epoch: 1, accessVersion, rows }], 0)).toEqual([
        { type: 'deleted' },
      ]);
  });

  it('frees the path, again and again', async () => {
    for (let round = 0; round < 3; round++) await directory.delete(owner, (await create('a.txt')).id);
    await create('a.txt/b');
  });

  it('is done by one of two', async () => {
    const made = await create('a.txt');
    expect(await race(directory.delete(owner, made.id), directory.delete(owner, made.id))).toEqual([
      'done',
      'not_found',
    ]);
    expect((await outbox(made.id)).filter(({ type }) => type === 'document.deleted')).toHaveLength(1);
  });
});
