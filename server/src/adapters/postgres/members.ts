import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import type { Member } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditLog } from '../../core/access/audit-log.js';
import type { Committed } from '../../core/project/committed.js';
import { type MemberChange, memberChangeRefusal } from '../../core/project/member-rules.js';
import { Members } from '../../core/project/members.js';
import { ProjectMemberEntity, UserEntity } from './entities/index.js';
import { changeProject, fenceDocuments, recordEvent, requireRole } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

const SELECT = `
  SELECT u.id AS "userId", u.email, u.display_name AS "displayName", m.role
  FROM project_members m JOIN users u ON u.id = m.user_id
  WHERE m.project_id = $1`;

/** Who came by a link may be anybody: addresses are for those who have one here. */
const LIST = `
  SELECT u.id AS "userId", CASE WHEN me.kind <> 'guest' THEN u.email END AS email, u.display_name AS "displayName", m.role
  FROM project_members m JOIN users u ON u.id = m.user_id JOIN users me ON me.id = $2
  WHERE m.project_id = $1 ORDER BY m.created_at, u.id`;

type MemberEvent = Extract<ProjectEvent, { type: `member.${string}` }>;

@TranslatesOutages
export class PostgresMembers extends Members {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  override async list(userId: string, projectId: string): Promise<Member[]> {
    await requireRole(this.dataSource, { userId, projectId, action: 'members.read' });
    return this.dataSource.query<Member[]>(LIST, [projectId, userId]);
  }

  override add(
    userId: string,
    projectId: string,
    email: string,
    role: Role,
    among: 'everybody' | 'acquaintances' = 'everybody',
  ): Promise<Committed<Member>> {
    return this.transaction(userId, projectId, async (manager, actor) => {
      refuse({ actor, self: false, to: role, owners: 1 });
      // Held to the end: an account that is being deleted is not there any more.
      const user = await manager.findOne(UserEntity, { where: { email }, lock: { mode: 'for_key_share' } });
      const isKnown = user !== null && (among === 'everybody' || (await areAcquainted(manager, userId, user.id)));
      if (!isKnown) throw new TandemError('not_found', UNKNOWN[among]);
      if ((await findMember(manager, projectId, user.id)) !== undefined) throw new TandemError('already_member');
      await manager.insert(ProjectMemberEntity, { projectId, userId: user.id, role });
      const value: Member = { userId: user.id, email, displayName: user.displayName, role };
      return this.record(manager, { type: 'member.added', projectId, member: withoutEmail(value) }, userId, value);
    });
  }

  override change(userId: string, projectId: string, memberId: string, role: Role): Promise<Committed<Member>> {
    return this.transaction(userId, projectId, async (manager, actor) => {
      // Before the look-up: who may not change members learns nothing about who is one.
      refuse({ actor, self: false, to: role, owners: 1 });
      const member = await findMember(manager, projectId, memberId);
      if (member === undefined) throw new TandemError('not_found');
      const owners = await countOwners(manager, projectId);
      refuse({ actor, self: memberId === userId, from: member.role, to: role, owners });
      const value = { ...member, role };
      if (member.role === role) return { value };
      await manager.update(ProjectMemberEntity, { projectId, userId: memberId }, { role });
      await fenceDocuments(manager, projectId);
      return this.record(manager, { type: 'member.changed', projectId, member: withoutEmail(value) }, userId, value);
    });
  }

  override remove(userId: string, projectId: string, memberId: string): Promise<Committed<void>> {
    const self = memberId === userId;
    return this.transaction(userId, projectId, async (manager, actor) => {
      if (!self) refuse({ actor, self, owners: 1 });
      const member = await findMember(manager, projectId, memberId);
      if (member === undefined) throw new TandemError('not_found');
      refuse({ actor, self, from: member.role, owners: await countOwners(manager, projectId) });
      await manager.delete(ProjectMemberEntity, { projectId, userId: memberId });
      await fenceDocuments(manager, projectId);
      return this.record(manager, { type: 'member.removed', projectId, userId: memberId }, userId, undefined);
    });
  }

  /** Every member may ask; what the change needs, `memberChangeRefusal` decides. */
  private transaction<T>(
    userId: string,
    projectId: string,
    work: (manager: EntityManager, actor: Role) => Promise<T>,
  ): Promise<T> {
    return changeProject(this.dataSource, { userId, projectId, action: 'members.read' }, work);
  }

  private async record<T>(manager: EntityManager, event: MemberEvent, by: string, value: T): Promise<Committed<T>> {
    const { projectId } = event;
    const [target, details] =
      event.type === 'member.removed' ? [event.userId, {}] : [event.member.userId, { role: event.member.role }];
    await this.audit.record({ action: event.type, actorId: by, projectId, target, details }, manager);
    return { value, written: await recordEvent(manager, event, by) };
  }
}

/** The same for who has no account and for who is a stranger (A38). */
const UNKNOWN = {
  everybody: 'Nobody has registered with this e-mail address',
  acquaintances: 'Nobody with whom you share a project has this e-mail address; invite them',
};

async function areAcquainted(manager: EntityManager, userId: string, otherId: string): Promise<boolean> {
  const [row] = await manager.query<object[]>(
    `SELECT 1 FROM project_members mine JOIN project_members theirs USING (project_id)
     WHERE mine.user_id = $1 AND theirs.user_id = $2 LIMIT 1`,
    [userId, otherId],
  );
  return row !== undefined;
}

function refuse(change: MemberChange): void {
  const code = memberChangeRefusal(change);
  if (code !== undefined) throw new TandemError(code);
}

async function findMember(manager: EntityManager, projectId: string, userId: string): Promise<Member | undefined> {
  const [row] = await manager.query<Member[]>(`${SELECT} AND m.user_id = $2`, [projectId, userId]);
  return row;
}

function countOwners(manager: EntityManager, projectId: string): Promise<number> {
  return manager.countBy(ProjectMemberEntity, { projectId, role: 'owner' });
}

/** Project events go to everybody in the project, addresses do not. */
function withoutEmail({ userId, displayName, role }: Member): Omit<Member, 'email'> {
  return { userId, displayName, role };
}
