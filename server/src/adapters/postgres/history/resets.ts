import type { HistorySource } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import { checksum } from '../../../core/document/checksum.js';
import type { ResetMark } from '../../../core/history/marks.js';
import { type FreshContent, type ResetDone, Resets } from '../../../core/history/resets.js';
import { EventOutboxEntity } from '../entities/index.js';
import { changeProject } from '../project-change.js';
import { TranslatesOutages } from '../store-errors.js';
import { INSERT_SNAPSHOT, snapshotValues } from './snapshot-rows.js';
import { placeOf } from './versions.js';

/** Owner of client ids that nobody may write under any more. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const BEGIN = `
UPDATE documents SET head = head + 1, epoch = epoch + 1, epoch_seq = head + 1, damaged_at = NULL
WHERE id = $1 AND deleted_at IS NULL RETURNING head, epoch`;

const FIRST_ROW = `
INSERT INTO document_updates (document_id, seq, user_id, bytes, checksum, provenance) VALUES ($1, $2, $3, $4, $5, $6)`;

/**
 * The same id and clock with another content would part replicas for ever (M12): clients that keep to the rules make new
 * ids, others are told `not_your_client_id`.
 */
const RETIRE_CLIENTS = 'UPDATE document_clients SET user_id = $2 WHERE document_id = $1';

/** An id that was used here before is drawn once in billions; it belongs to nobody then, but to this. */
const BIND_CLIENT = `
INSERT INTO document_clients (document_id, client_id, user_id) VALUES ($1, $2, $3)
ON CONFLICT (document_id, client_id) DO UPDATE SET user_id = excluded.user_id`;

/** The epoch begins whole. */
const CLOSE_QUARANTINE = `
UPDATE document_quarantine SET healed_at = now() WHERE document_id = $1 AND healed_at IS NULL`;

@TranslatesOutages
export class PostgresResets extends Resets {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async reset(
    userId: string,
    documentId: string,
    content: FreshContent,
    of: HistorySource,
  ): Promise<ResetDone> {
    const { projectId } = await placeOf(this.dataSource, documentId);
    return changeProject(this.dataSource, { userId, projectId, action: 'document.reset' }, async (manager) => {
      // Checked again: under the project's lock it cannot be deleted any more.
      await placeOf(manager, documentId);
      const begun = await begin(manager, documentId);
      await write(manager, userId, documentId, begun.seq, content, { reset: of });
      await manager.insert(EventOutboxEntity, {
        type: 'document.reset',
        documentId,
        fromSeq: begun.seq,
        seq: begun.seq,
        payload: { projectId, epoch: begun.epoch, by: userId },
      });
      return begun;
    });
  }
}

/** Takes the document's lock: appends wait, and are fenced by the epoch when it is free. */
async function begin(manager: EntityManager, documentId: string): Promise<ResetDone> {
  const [[row]] = await manager.query<[{ head: string; epoch: number }[], number]>(BEGIN, [documentId]);
  return { seq: Number(row!.head), epoch: row!.epoch };
}

async function write(
  manager: EntityManager,
  userId: string,
  documentId: string,
  seq: number,
  { update, snapshot, clientId }: FreshContent,
  mark: ResetMark,
): Promise<void> {
  const bytes = Buffer.from(update);
  await manager.query(FIRST_ROW, [documentId, seq, userId, bytes, checksum(bytes), JSON.stringify(mark)]);
  const [saved] = await manager.query<{ id: string }[]>(
    INSERT_SNAPSHOT,
    snapshotValues(documentId, { ...snapshot, seq }),
  );
  await manager.query('UPDATE documents SET snapshot_id = $2, snapshot_seq = $3 WHERE id = $1', [
    documentId,
    saved!.id,
    seq,
  ]);
  await manager.query(RETIRE_CLIENTS, [documentId, NOBODY]);
  if (clientId !== undefined) await manager.query(BIND_CLIENT, [documentId, clientId, userId]);
  await manager.query(CLOSE_QUARANTINE, [documentId]);
  // They are of a text that is gone.
  await manager.query('DELETE FROM document_diagnostics WHERE document_id = $1', [documentId]);
}
