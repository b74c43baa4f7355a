import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import { type DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import type { WrittenChange } from '../../core/access/changes.js';
import {
  judgeExternalRole,
  type ProjectRoles,
  type RoleChange,
  roleChanges,
} from '../../core/access/external-roles.js';
import { Identities, type KnownIdentity, type Resolution, type StoredIdentity } from '../../core/access/identities.js';
import type { ForeignIdentity } from '../../core/access/oidc-providers.js';
import { judgeNewIdentity, type SignUpRules } from '../../core/access/oidc-rules.js';
import { accountOf } from './accounts.js';
import { recordAudit } from './audit-log.js';
import { writeChange } from './change-log.js';
import { IdentityEntity, ProjectMemberEntity, TotpFactorEntity, UserEntity } from './entities/index.js';
import { Gathered } from './gathered.js';
import { fenceDocuments, lockProject, recordEvent } from './project-change.js';
import { sqlState, TranslatesOutages } from './store-errors.js';

const UNIQUE_VIOLATION = '23505';
/** Of somebody about whom an issuer tells nothing. */
const NO_NAME = 'Somebody';
const NAME_LENGTH = 80;

const FIND = `
  SELECT i.issuer, i.subject, i.id AS "identityId", i.user_id AS "userId", u.display_name AS "displayName"
  FROM unnest($1::text[], $2::text[]) AS asked (issuer, subject)
  JOIN identities i ON i.issuer = asked.issuer AND i.subject = asked.subject
  JOIN users u ON u.id = i.user_id`;

const USE = `
  UPDATE identities SET last_used_at = clock_timestamp(),
    email = coalesce($3, email), display_name = coalesce($4, display_name)
  WHERE issuer = $1 AND subject = $2 RETURNING id, user_id`;

const MEMBERS = `
  SELECT count(*)::int AS members, (count(*) FILTER (WHERE role = 'owner'))::int AS owners,
    max(role) FILTER (WHERE user_id = $2) AS role
  FROM project_members WHERE project_id = $1`;

@TranslatesOutages
export class PostgresIdentities extends Identities {
  private readonly known: Gathered<{ issuer: string; subject: string }, KnownIdentity | undefined>;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.known = new Gathered(async (asked) => {
      const rows = await dataSource.query<(KnownIdentity & { issuer: string; subject: string })[]>(FIND, [
        asked.map(({ issuer }) => issuer),
        asked.map(({ subject }) => subject),
      ]);
      const found = new Map(rows.map(({ issuer, subject, ...known }) => [keyOf(issuer, subject), known]));
      return asked.map(({ issuer, subject }) => found.get(keyOf(issuer, subject)));
    });
  }

  override async resolve(identity: ForeignIdentity, rules: SignUpRules): Promise<Resolution> {
    const work = () => this.dataSource.transaction((manager) => resolveIn(manager, identity, rules));
    try {
      return await work();
    } catch (error) {
      // Somebody signed in, or registered the address, between our look and our insert: now it is there to be seen.
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
      return work();
    }
  }

  override async find(issuer: string, subject: string): Promise<KnownIdentity | undefined> {
    return this.known.of({ issuer, subject });
  }

  override async link(userId: string, identity: ForeignIdentity): Promise<StoredIdentity> {
    const { issuer, subject, email, displayName } = identity;
    const [user] = await this.dataSource.query<{ kind: string }[]>('SELECT kind FROM users WHERE id = $1', [userId]);
    if (user?.kind !== 'person') throw new TandemError('forbidden', 'A guest has no account that could be linked');
    const [row] = await this.dataSource.query<StoredRow[]>(
      `INSERT INTO identities (user_id, issuer, subject, email, display_name) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (issuer, subject) DO UPDATE SET last_used_at = clock_timestamp(), email = $4, display_name = $5
         WHERE identities.user_id = $1
       RETURNING ${STORED}`,
      [userId, issuer, subject, email, displayName],
    );
    if (row === undefined) throw new TandemError('identity_taken', 'This identity belongs to another account');
    return stored(row);
  }

  override async list(userId: string): Promise<StoredIdentity[]> {
    const rows = await this.dataSource.query<StoredRow[]>(
      `SELECT ${STORED} FROM identities WHERE user_id = $1 ORDER BY created_at, id`,
      [userId],
    );
    return rows.map(stored);
  }

  override unlink(userId: string, identityId: string, signsIn: (issuer: string) => boolean): Promise<WrittenChange> {
    return this.dataSource.transaction(async (manager) => {
      // Held, so that of two that are unlinked at once the second sees that it is the last.
      const user = await manager.findOne(UserEntity, { where: { id: userId }, lock: { mode: 'pessimistic_write' } });
      const identities = await manager.findBy(IdentityEntity, { userId });
      if (user === null || !identities.some(({ id }) => id === identityId)) throw new TandemError('not_found');
      const others = identities.some(({ id, issuer }) => id !== identityId && signsIn(issuer));
      if (user.passwordHash === null && !others) throw new TandemError('last_sign_in');
      await manager.delete(IdentityEntity, { id: identityId });
      return writeChange(manager, { type: 'session.revoked', sessionId: identityId });
    });
  }

  override async grant(identityId: string, roles: ProjectRoles, asOf: number): Promise<readonly WrittenChange[]> {
    for (;;) {
      const written = await this.grantOnce(identityId, roles, asOf);
      // Else another token has changed what we had read, before we held it.
      if (written !== undefined) return written;
    }
  }

  /** Projects before the identity: an account that is deleted locks them in that order. */
  private grantOnce(identityId: string, roles: ProjectRoles, asOf: number): Promise<WrittenChange[] | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const read = await manager.findOneBy(IdentityEntity, { id: identityId });
      if (read === null || isOlder(asOf, read)) return [];
      const changes = roleChanges(read.roles, roles);
      if (changes.length === 0 && read.rolesAsOf?.getTime() === asOf) return [];
      for (const { projectId } of changes) await lockProject(manager, projectId);
      const lock = { mode: 'pessimistic_write' } as const;
      const held = await manager.findOne(IdentityEntity, { where: { id: identityId }, lock });
      if (held === null || isOlder(asOf, held)) return [];
      if (roleChanges(read.roles, held.roles).length > 0) return undefined;
      const written: WrittenChange[] = [];
      for (const change of changes) written.push(...(await changeRole(manager, held.userId, change)));
      await manager.update(IdentityEntity, { id: identityId }, { roles: { ...roles }, rolesAsOf: new Date(asOf) });
      return written;
    });
  }
}

async function resolveIn(manager: EntityManager, identity: ForeignIdentity, rules: SignUpRules): Promise<Resolution> {
  const { issuer, subject, email, displayName } = identity;
  const [rows] = await manager.query<[{ id: string; user_id: string }[], number]>(USE, [
    issuer,
    subject,
    email,
    displayName,
  ]);
  const [used] = rows;
  if (used !== undefined) {
    const user = await manager.findOneByOrFail(UserEntity, { id: used.user_id });
    await adoptEmail(manager, user, identity);
    return { outcome: 'known', identityId: used.id, account: accountOf(user) };
  }
  const holder = email === null ? null : await holderOf(manager, email);
  const known =
    holder === null
      ? undefined
      : {
          emailVerified: holder.emailVerifiedAt !== null,
          hasSecondFactor: await manager.existsBy(TotpFactorEntity, { userId: holder.id, confirmedAt: Not(IsNull()) }),
        };
  const verdict = judgeNewIdentity(identity, known, rules);
  if (verdict === 'taken' || verdict === 'closed') return { outcome: verdict };
  const isLinked = verdict === 'link' && holder !== null;
  const user = isLinked ? holder : await create(manager, identity, verdict === 'create' ? email : null);
  const linked = await manager.save(IdentityEntity, { userId: user.id, issuer, subject, email, displayName });
  return { outcome: isLinked ? 'linked' : 'created', identityId: linked.id, account: accountOf(user) };
}

/** Who came first by a token that told no address gets that of the next sign-in, if the issuer vouches for it and it is free. */
async function adoptEmail(manager: EntityManager, user: UserEntity, { email, emailVerified }: ForeignIdentity) {
  if (user.email !== null || email === null || !emailVerified || (await holderOf(manager, email)) !== null) return;
  Object.assign(user, { email, emailVerifiedAt: new Date() });
  await manager.save(UserEntity, user);
}

/** Held to the end: an address that is being changed is judged as it will be. */
function holderOf(manager: EntityManager, email: string): Promise<UserEntity | null> {
  return manager.findOne(UserEntity, { where: { email }, lock: { mode: 'pessimistic_write' } });
}

function create(manager: EntityManager, identity: ForeignIdentity, email: string | null): Promise<UserEntity> {
  const name = identity.displayName ?? identity.email?.split('@')[0] ?? NO_NAME;
  return manager.save(UserEntity, {
    email,
    emailVerifiedAt: email === null ? null : new Date(),
    displayName: name.trim().slice(0, NAME_LENGTH) || NO_NAME,
    passwordHash: null,
    kind: 'person' as const,
  });
}

/** Whether a newer token than that of `asOf` has been seen. */
function isOlder(asOf: number, { rolesAsOf }: Pick<IdentityEntity, 'rolesAsOf'>): boolean {
  return rolesAsOf !== null && rolesAsOf.getTime() > asOf;
}

/** As `PostgresMembers` changes members, in a transaction that holds the project: with the fence where rights may fall. */
async function changeRole(
  manager: EntityManager,
  userId: string,
  { projectId, to }: RoleChange,
): Promise<WrittenChange[]> {
  const [row] = await manager.query<{ members: number; owners: number; role: Role | null }[]>(MEMBERS, [
    projectId,
    userId,
  ]);
  const { members, owners, role } = row!;
  const verdict = judgeExternalRole(role ?? undefined, to, { members, owners });
  if (verdict === 'keep') return [];
  const type = to === undefined ? 'member.removed' : verdict === 'add' ? 'member.added' : 'member.changed';
  // Nobody here did it: the issuer said so.
  const details = { by: 'issuer', ...(to === undefined ? {} : { role: to }) };
  await recordAudit(manager, { action: type, projectId, target: userId, details });
  if (to === undefined) {
    await manager.delete(ProjectMemberEntity, { projectId, userId });
    await fenceDocuments(manager, projectId);
    return [await recordEvent(manager, { type: 'member.removed', projectId, userId }, userId)];
  }
  const { displayName } = await manager.findOneByOrFail(UserEntity, { id: userId });
  const member = { userId, displayName, role: to };
  if (verdict === 'add') await manager.insert(ProjectMemberEntity, { projectId, userId, role: to });
  else {
    await manager.update(ProjectMemberEntity, { projectId, userId }, { role: to });
    await fenceDocuments(manager, projectId);
  }
  const changed = verdict === 'add' ? 'member.added' : 'member.changed';
  return [await recordEvent(manager, { type: changed, projectId, member } satisfies ProjectEvent, userId)];
}

const STORED = 'id, issuer, email, display_name, created_at, last_used_at';

interface StoredRow {
  id: string;
  issuer: string;
  email: string | null;
  display_name: string | null;
  created_at: Date;
  last_used_at: Date;
}

function stored(row: StoredRow): StoredIdentity {
  return {
    id: row.id,
    issuer: row.issuer,
    email: row.email,
    displayName: row.display_name,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_used_at.getTime(),
  };
}

/** No two pairs have the same: neither part is joined as it is. */
function keyOf(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject]);
}
