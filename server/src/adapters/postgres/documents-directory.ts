import { type ProjectEvent, TandemError } from '@tandem/protocol';
import type { Document } from '@tandem/protocol/http';
import { type DataSource, type EntityManager, IsNull, QueryFailedError } from 'typeorm';
import type { Action } from '../../core/access/permissions.js';
import type { Committed } from '../../core/project/committed.js';
import { DocumentsDirectory, type NewDocument } from '../../core/project/documents-directory.js';
import { folderKeys } from '../../core/project/paths.js';
import { DocumentEntity } from './entities/index.js';
import { insertDocument } from './insert-document.js';
import { changeProject, recordEvent, requireRole } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

/** Other rules may hold where a file is now. Without any, a new name holds up no append. */
const FENCE_WHERE_RULES_ARE = `
  UPDATE documents d SET access_version = access_version + 1
  FROM projects p WHERE d.id = $1 AND p.id = d.project_id AND p.path_rules <> '[]'`;

@TranslatesOutages
export class PostgresDocumentsDirectory extends DocumentsDirectory {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async list(userId: string, projectId: string): Promise<Document[]> {
    await requireRole(this.dataSource, { userId, projectId, action: 'project.read' });
    const documents = await this.dataSource
      .createQueryBuilder(DocumentEntity, 'd')
      .where('d.project_id = :projectId AND d.deleted_at IS NULL', { projectId })
      .orderBy('d.path COLLATE "C"')
      .getMany();
    return documents.map(toDocument);
  }

  override async get(userId: string, documentId: string): Promise<Document> {
    const document = await findDocument(this.dataSource.manager, documentId);
    await requireRole(this.dataSource, { userId, projectId: document.projectId, action: 'document.read' });
    return toDocument(document);
  }

  override create(userId: string, projectId: string, given: NewDocument): Promise<Committed<Document>> {
    const change = changeProject(
      this.dataSource,
      { userId, projectId, action: 'document.create', path: given.path },
      async (manager): Promise<Committed<Document>> => {
        await requireFreePath(manager, projectId, given.pathKey);
        const { document, written } = await insertDocument(manager, projectId, userId, given);
        return { value: toDocument(document), written };
      },
    );
    return change.catch(translatePathConflict);
  }

  override move(
    userId: string,
    documentId: string,
    { path, pathKey }: { path: string; pathKey: string },
  ): Promise<Committed<Document>> {
    const change = this.changeDocument(userId, documentId, 'document.move', async (manager, document) => {
      const { projectId } = document;
      if (document.path === path) return { value: toDocument(document) };
      await requireRole(manager, { userId, projectId, action: 'document.move', path });
      await requireFreePath(manager, projectId, pathKey, documentId);
      await manager.update(DocumentEntity, { id: documentId }, { path, pathKey });
      await manager.query(FENCE_WHERE_RULES_ARE, [documentId]);
      const moved = await findDocument(manager, documentId);
      const event: ProjectEvent = { type: 'document.moved', projectId: moved.projectId, document: entry(moved) };
      return { value: toDocument(moved), written: await recordEvent(manager, event, userId) };
    });
    return change.catch(translatePathConflict);
  }

  override delete(userId: string, documentId: string): Promise<Committed<void>> {
    return this.changeDocument(userId, documentId, 'document.delete', async (manager, { projectId }) => {
      await manager.query(
        'UPDATE documents SET deleted_at = now(), access_version = access_version + 1 WHERE id = $1',
        [documentId],
      );
      const event: ProjectEvent = { type: 'document.deleted', projectId, documentId };
      return { value: undefined, written: await recordEvent(manager, event, userId) };
    });
  }

  /** A document stays in its project, so that the project can be looked up before it is locked; the rest is read after. */
  private async changeDocument<T>(
    userId: string,
    documentId: string,
    action: Action,
    work: (manager: EntityManager, document: DocumentEntity) => Promise<T>,
  ): Promise<T> {
    const { projectId } = await findDocument(this.dataSource.manager, documentId);
    return changeProject(this.dataSource, { userId, projectId, action }, async (manager) => {
      const document = await findDocument(manager, documentId);
      await requireRole(manager, { userId, projectId, action, path: document.path });
      return work(manager, document);
    });
  }
}

async function findDocument(manager: EntityManager, documentId: string): Promise<DocumentEntity> {
  const document = await manager.findOneBy(DocumentEntity, { id: documentId, deletedAt: IsNull() });
  if (document === null) throw new TandemError('not_found');
  return document;
}

/** The unique index knows equal paths; that `a` and `a/b` exclude each other, only a look under the project's lock does. */
async function requireFreePath(manager: EntityManager, projectId: string, key: string, except?: string): Promise<void> {
  const [taken] = await manager.query<{ same: boolean; above: boolean }[]>(
    `SELECT path_key = $2 AS same, path_key = ANY($3) AS above FROM documents
     WHERE project_id = $1 AND deleted_at IS NULL AND id IS DISTINCT FROM $4
       AND (path_key = $2 OR path_key = ANY($3) OR starts_with(path_key, $2 || '/'))
     ORDER BY same DESC, above DESC LIMIT 1`,
    [projectId, key, folderKeys(key), except ?? null],
  );
  if (taken === undefined || taken.same) {
    if (taken !== undefined) throw new TandemError('path_taken');
    return;
  }
  throw new TandemError(
    'path_taken',
    taken.above ? 'A file stands where this path needs a folder' : 'There is already a folder at this path',
  );
}

function translatePathConflict(error: unknown): never {
  if (error instanceof QueryFailedError && violates(error.driverError, 'documents_project_id_path_key'))
    throw new TandemError('path_taken');
  throw error;
}

function violates(driverError: unknown, constraint: string): boolean {
  return (
    typeof driverError === 'object' &&
    driverError !== null &&
    'constraint' in driverError &&
    driverError.constraint === constraint
  );
}

function entry({ id, path, kind }: DocumentEntity) {
  return { id, path, kind };
}

function toDocument(document: DocumentEntity): Document {
  return {
    id: document.id,
    projectId: document.projectId,
    path: document.path,
    kind: document.kind,
    seq: document.head,
    epoch: document.epoch,
    createdAt: document.createdAt.getTime(),
    updatedAt: document.updatedAt.getTime(),
    ...(document.damagedAt ? { damagedAt: document.damagedAt.getTime() } : {}),
  };
}
