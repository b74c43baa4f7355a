import type { ProjectEvent } from '@tandem/protocol';
import type { EntityManager } from 'typeorm';
import type { WrittenChange } from '../../core/access/changes.js';
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
): Promise<{ document: DocumentEntity; written: WrittenChange }> {
  const made = manager.create(DocumentEntity, {
    projectId,
    path,
    pathKey,
    kind,
    head: content === undefined ? 0 : 1,
    createdBy: userId,
  });
  await manager.insert(DocumentEntity, made);
  const documentId = made.id;
  const event: ProjectEvent = { type: 'document.created', projectId, document: { id: documentId, path, kind } };
  const written = await recordEvent(manager, event, userId);
  if (content !== undefined) {
    const bytes = Buffer.from(content.update);
    await manager.insert(DocumentClientEntity, { documentId, clientId: content.clientId, userId });
    await manager.insert(DocumentUpdateEntity, { documentId, seq: 1, userId, bytes, checksum: checksum(bytes) });
    await manager.insert(EventOutboxEntity, { type: 'document.updated', documentId, fromSeq: 1, seq: 1 });
  }
  // Read again: what an INSERT returns into an entity does not pass its transformers, a bigint stays text.
  return { document: await manager.findOneByOrFail(DocumentEntity, { id: documentId }), written };
}
