import type { EntityManager } from 'typeorm';
import { checksum } from '../../core/document/checksum.js';
import type { NewDocument } from '../../core/project/documents-directory.js';
import { DocumentClientEntity, DocumentEntity, DocumentUpdateEntity, EventOutboxEntity } from './entities/index.js';
import { recordEvent } from './project-change.js';

/** The rows of a new document; its first text is update 1, as if its creator had written it. */
export async function insertDocument(
  manager: EntityManager,
  projectId: string,
  userId: string,
  { path, pathKey, kind, content }: NewDocument,
): Promise<DocumentEntity> {
  const document = manager.create(DocumentEntity, {
    projectId,
    path,
    pathKey,
    kind,
    head: content === undefined ? 0 : 1,
    createdBy: userId,
  });
  await manager.insert(DocumentEntity, document);
  const documentId = document.id;
  await recordEvent(manager, { type: 'document.created', projectId, document: { id: documentId, path, kind } }, userId);
  if (content !== undefined) {
    const bytes = Buffer.from(content.update);
    await manager.insert(DocumentClientEntity, { documentId, clientId: content.clientId, userId });
    await manager.insert(DocumentUpdateEntity, { documentId, seq: 1, userId, bytes, checksum: checksum(bytes) });
    await manager.insert(EventOutboxEntity, { type: 'document.updated', documentId, fromSeq: 1, seq: 1 });
  }
  // Read again: what an INSERT returns into an entity does not pass its transformers, a bigint stays text.
  return manager.findOneByOrFail(DocumentEntity, { id: documentId });
}
