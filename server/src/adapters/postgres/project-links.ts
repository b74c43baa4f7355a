import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import type { AcceptedInvitation, GuestLink, Invitation, InvitationOffer } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditLog } from '../../core/access/audit-log.js';
import type { WrittenChange } from '../../core/access/changes.js';
import { hashSecretToken, newSecretToken } from '../../core/access/secret-tokens.js';
import type { Guest } from '../../core/access/sign-in-links.js';
import type { Committed } from '../../core/project/committed.js';
import { memberChangeRefusal } from '../../core/project/member-rules.js';
import {
  type Issued,
  MAX_GUESTS_OF_LINK,
  type NewGuestsLink,
  type NewInvitationLink,
  ProjectLinks,
} from '../../core/project/project-links.js';
import { accountOf } from './accounts.js';
import { DocumentEntity, ProjectLinkEntity, ProjectMemberEntity, UserEntity } from './entities/index.js';
import { changeProject, fenceDocuments, lockProject, recordEvent, requireRole } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

const INSERT = `
  INSERT INTO project_links (kind, project_id, token_hash, role, email, name, document_id, created_by, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9 * interval '1 second')
  RETURNING id`;

const INVITATION = `
  SELECT l.id, l.email, l.role, u.display_name AS "invitedBy",
    (extract(epoch FROM l.created_at) * 1000)::float8 AS "createdAt",
    (extract(epoch FROM l.expires_at) * 1000)::float8 AS "expiresAt"
  FROM project_links l LEFT JOIN users u ON u.id = l.created_by
  WHERE l.kind = 'invitation' AND l.expires_at > now()`;

const GUEST_LINK = `
  SELECT l.id, l.name, l.role, l.document_id AS "documentId", l.uses,
    (extract(epoch FROM l.created_at) * 1000)::float8 AS "createdAt",
    (extract(epoch FROM l.expires_at) * 1000)::float8 AS "expiresAt"
  FROM project_links l WHERE l.kind = 'guests' AND l.expires_at > now()`;

const OFFER = `
  SELECT p.name AS "projectName", l.role, l.email, u.display_name AS "invitedBy",
    (extract(epoch FROM l.expires_at) * 1000)::float8 AS "expiresAt"
  FROM project_links l JOIN projects p ON p.id = l.project_id LEFT JOIN users u ON u.id = l.created_by
  WHERE l.kind = 'invitation' AND l.token_hash = $1 AND l.expires_at > now()`;

const FIND = 'SELECT project_id FROM project_links WHERE kind = $1 AND token_hash = $2 AND expires_at > now()';

/** Counts and judges in one statement, so that no two openers share the last use. */
const USE = `
  UPDATE project_links l SET uses = l.uses + 1 FROM projects p
  WHERE l.token_hash = $1 AND l.kind = 'guests' AND l.expires_at > now() AND l.uses < $2
    AND p.id = l.project_id AND (p.configuration ->> 'guests')::boolean
  RETURNING l.id, l.project_id, l.document_id, l.role`;

const EXPIRED = `SELECT id, project_id FROM project_links WHERE expires_at <= now() ORDER BY expires_at LIMIT 100`;

const rounded = <T extends { createdAt: number; expiresAt: number }>(link: T): T => ({
  ...link,
  createdAt: Math.round(link.createdAt),
  expiresAt: Math.round(link.expiresAt),
});

@TranslatesOutages
export class PostgresProjectLinks extends ProjectLinks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  override invite(
    userId: string,
    projectId: string,
    { email, role, expiresIn }: NewInvitationLink,
  ): Promise<Issued<Invitation>> {
    return this.change(userId, projectId, async (manager, actor) => {
      refuse(actor, role);
      const [member] = await manager.query<object[]>(
        'SELECT 1 FROM project_members m JOIN users u ON u.id = m.user_id WHERE m.project_id = $1 AND u.email = $2',
        [projectId, email],
      );
      if (member !== undefined) throw new TandemError('already_member');
      await manager.delete(ProjectLinkEntity, { projectId, kind: 'invitation', email });
      const { id, token } = await insert(manager, [
        'invitation',
        projectId,
        role,
        email,
        null,
        null,
        userId,
        expiresIn,
      ]);
      await this.audit.record(
        { action: 'invitation.created', actorId: userId, projectId, target: email, details: { role } },
        manager,
      );
      const [link] = await manager.query<Invitation[]>(`${INVITATION} AND l.id = $1`, [id]);
      return { link: rounded(link!), token };
    });
  }

  override async invitations(userId: string, projectId: string): Promise<Invitation[]> {
    await requireRole(this.dataSource, { userId, projectId, action: 'members.change' });
    const sql = `${INVITATION} AND l.project_id = $1 ORDER BY l.created_at, l.id`;
    return (await this.dataSource.query<Invitation[]>(sql, [projectId])).map(rounded);
  }

  override withdraw(userId: string, projectId: string, invitationId: string): Promise<void> {
    return this.change(userId, projectId, async (manager, actor) => {
      const link = await manager.findOneBy(ProjectLinkEntity, { id: invitationId, projectId, kind: 'invitation' });
      if (link === null) throw new TandemError('not_found');
      refuse(actor, link.role);
      await manager.delete(ProjectLinkEntity, { id: link.id });
      const { email } = link;
      await this.audit.record(
        { action: 'invitation.revoked', actorId: userId, projectId, ...(email ? { target: email } : {}) },
        manager,
      );
    });
  }

  override async offer(token: string): Promise<InvitationOffer | undefined> {
    const [offer] = await this.dataSource.query<InvitationOffer[]>(OFFER, [hashSecretToken(token)]);
    return offer && { ...offer, expiresAt: Math.round(offer.expiresAt) };
  }

  override accept(userId: string, token: string): Promise<Committed<AcceptedInvitation> | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const projectId = await findProject(manager, 'invitation', token);
      if (projectId === undefined) return undefined;
      await lockProject(manager, projectId);
      const link = await manager.findOneBy(ProjectLinkEntity, { tokenHash: Buffer.from(hashSecretToken(token)) });
      // Somebody else accepted it, or it was withdrawn, while we waited.
      if (link === null || !(await mayStillBeUsed(manager, link))) return undefined;
      const member = await manager.findOneBy(ProjectMemberEntity, { projectId, userId });
      // Kept for whom it is meant.
      if (member !== null) return { value: { projectId, role: member.role } };
      const { role } = link;
      const { displayName } = await manager.findOneByOrFail(UserEntity, { id: userId });
      await manager.delete(ProjectLinkEntity, { id: link.id });
      await manager.insert(ProjectMemberEntity, { projectId, userId, role });
      await this.audit.record(
        {
          action: 'invitation.accepted',
          actorId: userId,
          projectId,
          ...(link.email ? { target: link.email } : {}),
          details: { role },
        },
        manager,
      );
      const event: ProjectEvent = { type: 'member.added', projectId, member: { userId, displayName, role } };
      return { value: { projectId, role }, written: await recordEvent(manager, event, link.createdBy) };
    });
  }

  override addGuestLink(userId: string, projectId: string, link: NewGuestsLink): Promise<Issued<GuestLink>> {
    const { name, role, documentId = null, expiresIn } = link;
    return this.change(userId, projectId, async (manager, actor) => {
      refuse(actor, role);
      const [project] = await manager.query<{ guests: boolean }[]>(
        `SELECT coalesce((configuration ->> 'guests')::boolean, false) AS guests FROM projects WHERE id = $1`,
        [projectId],
      );
      if (!project!.guests) throw new TandemError('guests_off');
      if (documentId !== null && !(await manager.existsBy(DocumentEntity, { id: documentId, projectId }))) {
        throw new TandemError('not_found');
      }
      const { id, token } = await insert(manager, [
        'guests',
        projectId,
        role,
        null,
        name,
        documentId,
        userId,
        expiresIn,
      ]);
      await this.audit.record(
        { action: 'guest_link.created', actorId: userId, projectId, target: id, details: { name, role } },
        manager,
      );
      const [made] = await manager.query<GuestLink[]>(`${GUEST_LINK} AND l.id = $1`, [id]);
      return { link: rounded(made!), token };
    });
  }

  override async guestLinks(userId: string, projectId: string): Promise<GuestLink[]> {
    await requireRole(this.dataSource, { userId, projectId, action: 'members.change' });
    const sql = `${GUEST_LINK} AND l.project_id = $1 ORDER BY l.created_at, l.id`;
    return (await this.dataSource.query<GuestLink[]>(sql, [projectId])).map(rounded);
  }

  override revokeGuestLink(userId: string, projectId: string, linkId: string): Promise<readonly WrittenChange[]> {
    return this.change(userId, projectId, async (manager) => {
      if (!(await manager.existsBy(ProjectLinkEntity, { id: linkId, projectId, kind: 'guests' }))) {
        throw new TandemError('not_found');
      }
      return this.end(manager, projectId, linkId, userId);
    });
  }

  override enter(token: string, displayName: string): Promise<Committed<Guest> | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const found = await findProject(manager, 'guests', token);
      if (found === undefined) return undefined;
      await lockProject(manager, found);
      const made = await manager.findOneBy(ProjectLinkEntity, { tokenHash: Buffer.from(hashSecretToken(token)) });
      if (made === null || !(await mayStillBeUsed(manager, made))) return undefined;
      const [[link]] = await manager.query<
        [{ id: string; project_id: string; document_id: string | null; role: Role }[], number]
      >(USE, [hashSecretToken(token), MAX_GUESTS_OF_LINK]);
      if (link === undefined) return undefined;
      const user = await manager
        .getRepository(UserEntity)
        .save({ email: null, displayName, passwordHash: null, kind: 'guest' as const });
      const { id: linkId, project_id: projectId, document_id: documentId, role } = link;
      await manager.insert(ProjectMemberEntity, { projectId, userId: user.id, role, linkId });
      await this.audit.record(
        { action: 'guest_link.used', actorId: user.id, projectId, target: linkId, details: { displayName } },
        manager,
      );
      const event: ProjectEvent = { type: 'member.added', projectId, member: { userId: user.id, displayName, role } };
      const written = await recordEvent(manager, event, user.id);
      return { value: { account: accountOf(user), projectId, documentId: documentId ?? undefined, role }, written };
    });
  }

  override async endExpired(): Promise<readonly WrittenChange[]> {
    const expired = await this.dataSource.query<{ id: string; project_id: string }[]>(EXPIRED);
    const written: WrittenChange[] = [];
    for (const { id, project_id: projectId } of expired) {
      written.push(
        ...(await this.dataSource.transaction(async (manager) => {
          await lockProject(manager, projectId);
          return this.end(manager, projectId, id, undefined);
        })),
      );
    }
    return written;
  }

  /** Deletes the link, and takes from its guests what it gave them. The project's row is held. */
  private async end(manager: EntityManager, projectId: string, linkId: string, by: string | undefined) {
    const link = await manager.findOneBy(ProjectLinkEntity, { id: linkId });
    // Another node was faster.
    if (link === null) return [];
    await manager.delete(ProjectLinkEntity, { id: linkId });
    if (link.kind === 'invitation') return [];
    const [guests] = await manager.query<[{ user_id: string }[], number]>(
      'DELETE FROM project_members WHERE project_id = $1 AND link_id = $2 RETURNING user_id',
      [projectId, linkId],
    );
    if (guests.length > 0) await fenceDocuments(manager, projectId);
    await this.audit.record(
      {
        action: by === undefined ? 'guest_link.ended' : 'guest_link.revoked',
        ...(by === undefined ? {} : { actorId: by }),
        projectId,
        target: linkId,
        details: { name: link.name, guests: guests.length },
      },
      manager,
    );
    const written: WrittenChange[] = [];
    for (const { user_id: userId } of guests) {
      const event: ProjectEvent = { type: 'member.removed', projectId, userId };
      written.push(await recordEvent(manager, event, by ?? link.createdBy));
    }
    return written;
  }

  private change<T>(
    userId: string,
    projectId: string,
    work: (manager: EntityManager, actor: Role) => Promise<T>,
  ): Promise<T> {
    return changeProject(this.dataSource, { userId, projectId, action: 'members.change' }, work);
  }
}

/** Who may not make somebody a member with this role may not let them in with it. */
function refuse(actor: Role, to: Role): void {
  const code = memberChangeRefusal({ actor, self: false, to, owners: 1 });
  if (code !== undefined) throw new TandemError(code);
}

/** Who was removed, or may give less by now, lets nobody in any more: not even oneself, by a link that was made in time. */
async function mayStillBeUsed(manager: EntityManager, link: ProjectLinkEntity): Promise<boolean> {
  const { projectId, createdBy: userId, role } = link;
  const maker = await manager.findOneBy(ProjectMemberEntity, { projectId, userId });
  return maker !== null && memberChangeRefusal({ actor: maker.role, self: false, to: role, owners: 1 }) === undefined;
}

async function insert(
  manager: EntityManager,
  [kind, projectId, ...values]: readonly [kind: string, projectId: string, ...values: unknown[]],
): Promise<{ id: string; token: string }> {
  const token = newSecretToken();
  const [row] = await manager.query<{ id: string }[]>(INSERT, [kind, projectId, hashSecretToken(token), ...values]);
  return { id: row!.id, token };
}

async function findProject(manager: EntityManager, kind: string, token: string): Promise<string | undefined> {
  const [row] = await manager.query<{ project_id: string }[]>(FIND, [kind, hashSecretToken(token)]);
  return row?.project_id;
}
