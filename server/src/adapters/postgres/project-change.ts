import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import type { PathRule } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import type { WrittenChange } from '../../core/access/changes.js';
import { type Action, can } from '../../core/access/permissions.js';
import { writeChange } from './change-log.js';
import { EventOutboxEntity } from './entities/index.js';

/** What somebody wants to do in a project, and to the file at which path. */
export interface Asked {
  readonly userId: string;
  readonly projectId: string;
  readonly action: Action;
  readonly path?: string;
}

/** Rejects with `not_found` for who is no member, `forbidden` for a member whose role does not allow `action`. */
export async function requireRole(db: DataSource | EntityManager, asked: Asked): Promise<Role> {
  const { userId, projectId, action, path } = asked;
  const [row] = await db.query<{ role: Role; rules: PathRule[] }[]>(
    `SELECT m.role, p.path_rules AS rules FROM project_members m JOIN projects p ON p.id = m.project_id
     WHERE m.project_id = $1 AND m.user_id = $2`,
    [projectId, userId],
  );
  if (row === undefined) throw new TandemError('not_found');
  const place = path === undefined ? undefined : { userId, path, rules: row.rules };
  if (!can(row.role, action, place)) throw new TandemError('forbidden');
  return row.role;
}

/**
 * Holds the project's row to the end of the transaction. Whoever changes a project, its members or its paths takes it
 * first, so a role that was read under it still holds at the commit, and two paths cannot slip past each other. It does
 * not hold up foreign keys to the project, nor appends, which lock documents only. Order of locks: project, members,
 * documents by id.
 */
export async function lockProject(manager: EntityManager, projectId: string): Promise<void> {
  await manager.query('SELECT 1 FROM projects WHERE id = $1 FOR NO KEY UPDATE', [projectId]);
}

/** Runs `work` in a transaction that holds the project, if the user may do `action` there; refuses as `requireRole`. */
export function changeProject<T>(
  dataSource: DataSource,
  asked: Asked,
  work: (manager: EntityManager, role: Role) => Promise<T>,
): Promise<T> {
  return dataSource.transaction(async (manager) => {
    await lockProject(manager, asked.projectId);
    return work(manager, await requireRole(manager, asked));
  });
}

/**
 * The fence of decision 002: an append carries the version that its author's role was read under, and commits only if it
 * is still that one. Locked in the order in which the append statement locks, so that they wait instead of deadlocking.
 * The project's row must be held: no document appears or goes meanwhile.
 */
export async function fenceDocuments(manager: EntityManager, projectId: string): Promise<void> {
  await manager.query(
    'SELECT 1 FROM documents WHERE project_id = $1 AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE',
    [projectId],
  );
  await manager.query(
    'UPDATE documents SET access_version = access_version + 1 WHERE project_id = $1 AND deleted_at IS NULL',
    [projectId],
  );
}

/**
 * Writes down a change: for the sockets of all nodes, and as a domain event for other services. The event's type is that of the project event that the sockets are told, its payload that event's
 * body with `by`, the user who did it. Edits are `document.updated` rows, with their span of `seq` and no payload.
 */
export async function recordEvent(manager: EntityManager, event: ProjectEvent, by: string): Promise<WrittenChange> {
  const { type, ...body } = event;
  const documentId = 'documentId' in event ? event.documentId : 'document' in event ? event.document.id : null;
  await manager.insert(EventOutboxEntity, { type, documentId, payload: { ...body, by } });
  return writeChange(manager, event);
}
