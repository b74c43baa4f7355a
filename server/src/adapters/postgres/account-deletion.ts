import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import type { DataSource, EntityManager } from 'typeorm';
import {
  AccountDeletion,
  DELETED_USER,
  type DeletionPlan,
  type NamedProject,
} from '../../core/access/account-deletion.js';
import type { WrittenChange } from '../../core/access/changes.js';
import { endAccess } from './accounts.js';
import { ProjectLinkEntity, ProjectMemberEntity, SignInLinkEntity, UserEntity } from './entities/index.js';
import { fenceDocuments, lockProject, recordEvent } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

interface MembershipRow {
  id: string;
  name: string;
  role: Role;
  /** Others who own it. */
  owners: number;
  /** Others who are in it. Guests do not count, here or there: they could not go on with it. */
  people: number;
}

/** By id, the order in which their rows are locked. */
const MEMBERSHIPS = `
SELECT p.id, p.name, m.role, o.owners, o.people
FROM project_members m JOIN projects p ON p.id = m.project_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE x.role = 'owner')::int AS owners, count(*)::int AS people
  FROM project_members x JOIN users u ON u.id = x.user_id
  WHERE x.project_id = m.project_id AND x.user_id <> m.user_id AND u.kind <> 'guest'
) o
WHERE m.user_id = $1 ORDER BY p.id`;

/** Which model wrote text that was accepted stays known; what was asked does not. */
const KEEP_ACCEPTED = `
UPDATE ai_requests SET user_id = NULL, closed_by = NULL, question = NULL, suggestion = NULL, texts = NULL
WHERE user_id = $1 AND accepted <> '[]'::jsonb AND finished_at IS NOT NULL`;

const FORGET_CLOSER = 'UPDATE ai_requests SET closed_by = NULL WHERE closed_by = $1';

const FORGET_NAME = `
UPDATE event_outbox SET payload = jsonb_set(payload, '{member,displayName}', to_jsonb($2::text))
WHERE type IN ('member.added', 'member.changed') AND payload #>> '{member,userId}' = $1`;

/** Who did what stays, as an id that names nobody; from where, and the address that was tried, goes. */
const FORGET_TRACES = `
UPDATE audit_events SET address = NULL, details = details - 'displayName', target = CASE WHEN target = $2 THEN NULL ELSE target END
WHERE actor_id = $1::uuid OR target IN ($1::text, $2)`;

const FORGET_INVITATIONS = `DELETE FROM project_links WHERE kind = 'invitation' AND email = $1`;

@TranslatesOutages
export class PostgresAccountDeletion extends AccountDeletion {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async plan(userId: string): Promise<DeletionPlan> {
    return planOf(await this.dataSource.query<MembershipRow[]>(MEMBERSHIPS, [userId]));
  }

  override async delete(userId: string): Promise<readonly WrittenChange[]> {
    for (;;) {
      const memberships = await this.dataSource.query<MembershipRow[]>(MEMBERSHIPS, [userId]);
      const written = await this.deleteFrom(
        userId,
        memberships.map(({ id }) => id),
      );
      // Else somebody has just added the user to another project.
      if (written !== undefined) return written;
    }
  }

  /** Projects before the user, the order of whoever changes members. Undefined when these are not all of them any more. */
  private deleteFrom(userId: string, projectIds: readonly string[]): Promise<WrittenChange[] | undefined> {
    return this.dataSource.transaction(async (manager) => {
      for (const id of projectIds) await lockProject(manager, id);
      // No membership, session or token appears from here on: each needs a share of this row for its foreign key.
      const user = await manager.findOne(UserEntity, { where: { id: userId }, lock: { mode: 'pessimistic_write' } });
      if (user === null) return [];
      const memberships = await manager.query<MembershipRow[]>(MEMBERSHIPS, [userId]);
      if (memberships.some(({ id }) => !projectIds.includes(id))) return undefined;
      const { deletes, handOver } = planOf(memberships);
      if (handOver.length > 0) throw lastOwner(handOver);
      const alone = new Set(deletes.map(({ id }) => id));
      const written: WrittenChange[] = [];
      for (const { id } of memberships) written.push(await leave(manager, userId, id, alone.has(id)));
      written.push(...(await endAccess(manager, userId)));
      await manager.query(KEEP_ACCEPTED, [userId]);
      await manager.query(FORGET_CLOSER, [userId]);
      await manager.query(FORGET_NAME, [userId, DELETED_USER]);
      await manager.query(FORGET_TRACES, [userId, user.email]);
      await manager.query(FORGET_INVITATIONS, [user.email]);
      await manager.delete(UserEntity, { id: userId });
      return written;
    });
  }
}

function planOf(memberships: readonly MembershipRow[]): DeletionPlan {
  const owned = memberships.filter(({ role }) => role === 'owner');
  const named = (rows: readonly MembershipRow[]) => rows.map(({ id, name }) => ({ id, name }));
  return {
    deletes: named(owned.filter(({ people }) => people === 0)),
    handOver: named(owned.filter(({ people, owners }) => people > 0 && owners === 0)),
  };
}

function lastOwner(projects: readonly NamedProject[]): TandemError {
  const names = projects.map(({ name }) => `“${name}”`).join(', ');
  const message = `Others are left without an owner: make somebody else owner of ${names}, or delete it, first`;
  return new TandemError('last_owner', message, { projects });
}

/** Ends a membership, and the project where nobody else is left; as `PostgresMembers` and `PostgresProjects` do. */
async function leave(
  manager: EntityManager,
  userId: string,
  projectId: string,
  isAlone: boolean,
): Promise<WrittenChange> {
  if (isAlone) {
    await manager.delete(SignInLinkEntity, { projectId });
    await manager.delete(ProjectLinkEntity, { projectId });
    await manager.delete(ProjectMemberEntity, { projectId });
  } else {
    await manager.delete(ProjectMemberEntity, { projectId, userId });
  }
  await fenceDocuments(manager, projectId);
  if (isAlone) {
    await manager.query('UPDATE documents SET deleted_at = now() WHERE project_id = $1 AND deleted_at IS NULL', [
      projectId,
    ]);
  }
  const event: ProjectEvent = isAlone
    ? { type: 'project.deleted', projectId }
    : { type: 'member.removed', projectId, userId };
  return recordEvent(manager, event, userId);
}
