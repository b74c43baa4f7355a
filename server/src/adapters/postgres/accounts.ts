import { type Role, TandemError } from '@tandem/protocol';
import { type DataSource, type EntityManager, In } from 'typeorm';
import {
  type Account,
  type AccountChange,
  type AccountState,
  Accounts,
  type Credentials,
} from '../../core/access/accounts.js';
import type { WrittenChange } from '../../core/access/changes.js';
import { writeChange } from './change-log.js';
import { OneTimeTokenEntity, UserEntity } from './entities/index.js';
import { lockProject, recordEvent } from './project-change.js';
import { endFactors } from './second-factors.js';
import { sqlState, TranslatesOutages } from './store-errors.js';

const UNIQUE_VIOLATION = '23505';

const PENDING_EMAIL = `
SELECT email FROM one_time_tokens WHERE user_id = $1 AND purpose = 'email' AND expires_at > clock_timestamp()
ORDER BY created_at DESC LIMIT 1`;

/** In the order in which changes of several projects take their locks. */
const PROJECTS = 'SELECT project_id FROM project_members WHERE user_id = $1 ORDER BY project_id';
const MEMBERSHIPS = `
SELECT project_id, role FROM project_members WHERE user_id = $1 AND project_id = ANY ($2) ORDER BY project_id`;

const END_SESSIONS = `
UPDATE sessions SET revoked_at = clock_timestamp()
WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2 RETURNING id`;

const PERSONAL_TOKENS = 'DELETE FROM personal_tokens WHERE user_id = $1 RETURNING id';
/** By their ids the sockets are known that tokens of an external issuer have opened. */
const IDENTITIES = 'DELETE FROM identities WHERE user_id = $1 RETURNING id';

@TranslatesOutages
export class PostgresAccounts extends Accounts {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async create(account: { email: string; displayName: string; passwordHash: string }): Promise<Account> {
    return accountOf(await takingAddress(this.dataSource.getRepository(UserEntity).save({ ...account })));
  }

  override async byId(id: string): Promise<Account | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ id });
    return user === null ? undefined : accountOf(user);
  }

  override async credentials(email: string): Promise<Credentials | undefined> {
    return credentialsOf(await this.dataSource.getRepository(UserEntity).findOneBy({ email }));
  }

  override async credentialsById(id: string): Promise<Credentials | undefined> {
    return credentialsOf(await this.dataSource.getRepository(UserEntity).findOneBy({ id }));
  }

  override async state(id: string): Promise<AccountState | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ id });
    if (user === null) return undefined;
    const [pending] = await this.dataSource.query<{ email: string }[]>(PENDING_EMAIL, [id]);
    return {
      account: accountOf(user),
      hasPassword: user.passwordHash !== null,
      pendingEmail: pending?.email ?? null,
      createdAt: user.createdAt.getTime(),
    };
  }

  override rename(id: string, displayName: string): Promise<AccountChange | undefined> {
    return this.dataSource.transaction(async (manager) => {
      // Held first: what is told of a member after his removal, or after a change of his role, would hide that.
      const projectIds = (await manager.query<{ project_id: string }[]>(PROJECTS, [id])).map((row) => row.project_id);
      for (const projectId of projectIds) await lockProject(manager, projectId);
      await manager.update(UserEntity, { id }, { displayName });
      const user = await manager.findOneBy(UserEntity, { id });
      if (user === null) return undefined;
      const memberships = await manager.query<{ project_id: string; role: Role }[]>(MEMBERSHIPS, [id, projectIds]);
      const written: WrittenChange[] = [];
      for (const { project_id: projectId, role } of memberships) {
        const member = { userId: id, displayName, role };
        written.push(await recordEvent(manager, { type: 'member.changed', projectId, member }, id));
      }
      return { account: accountOf(user), written };
    });
  }

  override async changeEmail(id: string, email: string): Promise<Account | undefined> {
    const change = { email, emailVerifiedAt: null };
    await takingAddress(this.dataSource.getRepository(UserEntity).update({ id }, change));
    return this.byId(id);
  }

  override setPassword(id: string, passwordHash: string, exceptSessionId: string): Promise<readonly WrittenChange[]> {
    return this.dataSource.transaction(async (manager) => {
      await manager.update(UserEntity, { id }, { passwordHash });
      await manager.delete(OneTimeTokenEntity, { userId: id, purpose: In(['reset', 'email']) });
      return endSessions(manager, id, exceptSessionId);
    });
  }
}

/** Runs what gives somebody an address: the index decides, as between a look and a write somebody else may take it. */
export async function takingAddress<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw sqlState(error) === UNIQUE_VIOLATION ? new TandemError('email_taken') : error;
  }
}

/** Ends the sessions of a user, and writes down for the sockets of all nodes that each has ended. */
export async function endSessions(
  manager: EntityManager,
  userId: string,
  exceptSessionId: string | null = null,
): Promise<WrittenChange[]> {
  const [ended] = await manager.query<[{ id: string }[], number]>(END_SESSIONS, [userId, exceptSessionId]);
  const written: WrittenChange[] = [];
  for (const { id } of ended) written.push(await writeChange(manager, { type: 'session.revoked', sessionId: id }));
  return written;
}

/**
 * Ends every way in but the password, which is enough from here on: sessions, tokens of programs, other services, the second
 * factor. Sockets of all nodes are told; rows that go with their user would end tokens, but close no socket.
 */
export async function endAccess(manager: EntityManager, userId: string): Promise<WrittenChange[]> {
  const written = await endSessions(manager, userId);
  const [tokens] = await manager.query<[{ id: string }[], number]>(PERSONAL_TOKENS, [userId]);
  const [identities] = await manager.query<[{ id: string }[], number]>(IDENTITIES, [userId]);
  // The app may be of who made the account on an address that was not his: it would lock the owner out.
  await endFactors(manager, userId);
  for (const { id } of [...tokens, ...identities])
    written.push(await writeChange(manager, { type: 'session.revoked', sessionId: id }));
  return written;
}

function credentialsOf(user: UserEntity | null): Credentials | undefined {
  return user === null ? undefined : { account: accountOf(user), passwordHash: user.passwordHash };
}

export type AccountColumns = Pick<UserEntity, 'id' | 'email' | 'displayName' | 'kind' | 'emailVerifiedAt'>;

export function accountOf({ id, email, displayName, kind, emailVerifiedAt }: AccountColumns): Account {
  return { id, email, displayName, kind, emailVerified: emailVerifiedAt !== null };
}
