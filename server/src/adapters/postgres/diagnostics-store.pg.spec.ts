import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '@tandem/protocol';
import type { SourceResult } from '../../core/ai/diagnostics-store.js';
import { addUser, newFile, newProject, type OpenedDatabase, openTestDatabase } from '../../testing/project-fixtures.js';
import { PostgresDiagnosticsStore } from './diagnostics-store.js';
import { PostgresDocumentsDirectory } from './documents-directory.js';
import { PostgresProjects } from './projects.js';

const diagnostic = (message: string): Diagnostic => ({
  range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } },
  severity: 2,
  source: 'oxlint',
  message,
  anchor: { start: 'AA==', end: 'AA==' },
});

describe('PostgresDiagnosticsStore', () => {
  let database: OpenedDatabase;
  let store: PostgresDiagnosticsStore;
  let directory: PostgresDocumentsDirectory;
  let userId: string;
  let projectId: string;
  beforeAll(async () => {
    database = await openTestDatabase();
    store = new PostgresDiagnosticsStore(database.dataSource);
    directory = new PostgresDocumentsDirectory(database.dataSource);
    userId = await addUser(database.dataSource);
    projectId = (await new PostgresProjects(database.dataSource).create(userId, newProject())).id;
  });
  afterAll(() => database?.close());

  const document = async (path: string) => (await directory.create(userId, projectId, newFile(path))).value.id;
  const result = (documentId: string, seq: number, ...messages: string[]): SourceResult => ({
    documentId,
    source: 'oxlint',
    runId: randomUUID(),
    seq,
    stateVector: Buffer.from([0]),
    diagnostics: messages.map(diagnostic),
  });

  it('what a source says replaces what it said before, unless it looked at an older state', async () => {
    const documentId = await document('a.ts');
    const [first, second, late] = [
      result(documentId, 3, 'old'),
      result(documentId, 5, 'new \ud83d\0'),
      result(documentId, 4, 'late'),
    ];
    for (const told of [first, second, late]) await store.replace([told]);
    await store.replace([{ ...result(documentId, 5, 'of another'), source: 'review' }]);
    expect(await store.ofDocument(documentId)).toEqual([second, expect.objectContaining({ source: 'review' })]);
  });

  it('a project shows what was found in the files that are there', async () => {
    const [clean, bad, gone] = [await document('clean.ts'), await document('bad.ts'), await document('gone.ts')];
    await store.replace([result(clean, 1), result(bad, 1, 'bad'), result(gone, 1, 'gone')]);
    await directory.delete(userId, gone);
    const shown = (await store.ofProject(projectId)).map(({ documentId }) => documentId);
    expect(shown).toContain(bad);
    expect(shown).not.toContain(clean);
    expect(shown).not.toContain(gone);
    expect((await store.documents(projectId)).map(({ path }) => path)).toEqual(['a.ts', 'bad.ts', 'clean.ts']);
    expect(await store.document(projectId, bad)).toEqual({ id: bad, path: 'bad.ts' });
    expect(await store.document(projectId, gone)).toBeUndefined();
    expect(await store.document(randomUUID(), bad)).toBeUndefined();
  });

  it('a document that went away while it was looked at is left alone', async () => {
    const gone = await document('away.ts');
    await directory.delete(userId, gone);
    await store.replace([result(gone, 1, 'late'), result(randomUUID(), 1, 'never there')]);
    expect(await store.ofDocument(gone)).toEqual([]);
  });
});
