import { randomUUID } from 'node:crypto';
import { aiContext, projectConfiguration } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import * as Y from 'yjs';
import { createDataSource } from '../adapters/postgres/data-source.js';
import { DocumentContents } from '../core/document/document-contents.js';
import type { NewDocument } from '../core/project/documents-directory.js';
import { parsePath } from '../core/project/paths.js';
import type { NewProject } from '../core/project/projects.js';
import { createTestDatabase } from './postgres.js';

export interface OpenedDatabase {
  readonly url: string;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

/** A database of the spec's own, with TypeORM on it. */
export async function openTestDatabase(): Promise<OpenedDatabase> {
  const database = await createTestDatabase();
  const dataSource = await createDataSource(database.url).initialize();
  return {
    url: database.url,
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}

/** An account with an address that no other has; resolves to its id. */
export async function addUser(dataSource: DataSource, displayName = 'Ada'): Promise<string> {
  const id = randomUUID();
  await dataSource.query('INSERT INTO users (id, email, display_name) VALUES ($1, $2, $3)', [
    id,
    emailOf(id),
    displayName,
  ]);
  return id;
}

export function emailOf(userId: string): string {
  return `${userId}@example.org`;
}

export function newProject(name = 'Apollo'): NewProject {
  return { name, configuration: projectConfiguration.parse({}), aiContext: aiContext.parse({}) };
}

export function newFile(path: string, text?: string): NewDocument {
  const parsed = parsePath(path);
  if (!parsed.ok) throw new Error(parsed.reason);
  return { path: parsed.path, pathKey: parsed.key, kind: 'text', content: text ? encode(text) : undefined };
}

/** The contents of documents without worker threads and rooms, for specs that are about other things. */
export class InProcessContents extends DocumentContents {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async encode(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    return encode(text);
  }

  override async text(documentId: string): Promise<{ text: string; seq: number }> {
    const rows = await this.dataSource.query<{ bytes: Buffer }[]>(
      'SELECT bytes FROM document_updates WHERE document_id = $1 ORDER BY seq',
      [documentId],
    );
    const doc = new Y.Doc();
    for (const { bytes } of rows) Y.applyUpdate(doc, bytes);
    return { text: doc.getText('content').toString(), seq: rows.length };
  }
}

function encode(text: string): { update: Uint8Array; clientId: number } {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  return { update: Y.encodeStateAsUpdate(doc), clientId: doc.clientID };
}
