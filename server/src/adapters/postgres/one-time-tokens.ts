import type { DataSource, EntityManager } from 'typeorm';
import type { Account } from '../../core/access/accounts.js';
import type { WrittenChange } from '../../core/access/changes.js';
import {
  MAILS_PER_HOUR,
  OneTimeTokens,
  type Redeemed,
  type Registration,
  TOKEN_TTL_MS,
  type TokenPurpose,
} from '../../core/access/one-time-tokens.js';
import { hashSecretToken, newSecretToken } from '../../core/access/secret-tokens.js';
import { accountOf, endAccess, endSessions, takingAddress } from './accounts.js';
import { OneTimeTokenEntity, UserEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

/** Counts and writes in one statement; two at the same moment may make one mail more than there should be. */
const ISSUE = `
INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, display_name, password_hash, expires_at)
SELECT $1::bytea, $2::text, $3::uuid, $4::text, $5::text, $6::text, clock_timestamp() + $7 * interval '1 millisecond'
WHERE (
  SELECT count(*) FROM one_time_tokens
  WHERE email = $4 AND purpose = $2 AND created_at > clock_timestamp() - interval '1 hour'
) < $8
RETURNING 1`;

const PEEK = `
SELECT user_id, email, display_name, password_hash FROM one_time_tokens
WHERE token_hash = $1 AND purpose = ANY ($2) AND expires_at > clock_timestamp()`;

/** The row is locked to the end of the transaction: of two at the same moment, the second finds nothing. */
const REDEEM = `
DELETE FROM one_time_tokens
WHERE token_hash = $1 AND purpose = ANY ($2) AND expires_at > clock_timestamp()
RETURNING purpose, user_id, email, display_name, password_hash`;

interface TokenRow {
  purpose: TokenPurpose;
  user_id: string | null;
  email: string;
  display_name: string | null;
  password_hash: string | null;
}

interface NewToken {
  readonly purpose: TokenPurpose;
  readonly email: string;
  readonly userId?: string;
  readonly registration?: Registration;
}

@TranslatesOutages
export class PostgresOneTimeTokens extends OneTimeTokens {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override forRegistration(registration: Registration): Promise<string | undefined> {
    return issue(this.dataSource, { purpose: 'register', email: registration.email, registration });
  }

  override async forVerification(userId: string): Promise<{ token: string; email: string } | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ id: userId });
    if (!user?.email || user.emailVerifiedAt !== null) return undefined;
    const { email } = user;
    const token = await issue(this.dataSource, { purpose: 'verify', email, userId });
    return token === undefined ? undefined : { token, email };
  }

  override forEmailChange(userId: string, email: string): Promise<string | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const token = await issue(manager, { purpose: 'email', email, userId });
      if (token === undefined) return undefined;
      await manager.query(
        `UPDATE one_time_tokens SET expires_at = clock_timestamp()
         WHERE user_id = $1 AND purpose = 'email' AND token_hash <> $2`,
        [userId, hashSecretToken(token)],
      );
      return token;
    });
  }

  override async forReset(email: string): Promise<string | undefined> {
    const user = await this.dataSource.getRepository(UserEntity).findOneBy({ email });
    return user === null ? undefined : issue(this.dataSource, { purpose: 'reset', email, userId: user.id });
  }

  override async registration(token: string): Promise<Registration | undefined> {
    const [row] = await this.dataSource.query<TokenRow[]>(PEEK, [hashSecretToken(token), ['register']]);
    return row && registrationOf(row);
  }

  override redeemRegistration(token: string): Promise<Account | undefined> {
    const work = this.dataSource.transaction(async (manager) => {
      const row = await redeem(manager, token, ['register']);
      if (row === undefined) return undefined;
      // Other links of the same registration, of whoever began it, are of no use from here on.
      await manager.delete(OneTimeTokenEntity, { purpose: 'register', email: row.email });
      const emailVerifiedAt = await now(manager);
      return accountOf(await manager.save(UserEntity, { ...registrationOf(row), emailVerifiedAt }));
    });
    return takingAddress(work);
  }

  override redeemVerification(token: string): Promise<Redeemed | undefined> {
    const work = this.dataSource.transaction(async (manager) => {
      const row = await redeem(manager, token, ['verify', 'email']);
      const before = row && (await lockUser(manager, row.user_id));
      if (!row || !before) return undefined;
      // An address that was changed after the mail was sent is not the one that was read.
      if (row.purpose === 'verify' && before.email !== row.email) return undefined;
      const change = { email: row.email, emailVerifiedAt: await now(manager) };
      await manager.update(UserEntity, { id: before.id }, change);
      const isNew = before.email !== row.email;
      // A link that was mailed to the old address must not open the account any more.
      if (isNew) await manager.delete(OneTimeTokenEntity, { userId: before.id });
      return { account: accountOf({ ...before, ...change }), previousEmail: isNew ? before.email : null };
    });
    return takingAddress(work);
  }

  override async resetAccount(token: string): Promise<Account | undefined> {
    const [row] = await this.dataSource.query<TokenRow[]>(PEEK, [hashSecretToken(token), ['reset']]);
    const user = row?.user_id && (await this.dataSource.getRepository(UserEntity).findOneBy({ id: row.user_id }));
    return user ? accountOf(user) : undefined;
  }

  override redeemReset(
    token: string,
    passwordHash: string,
  ): Promise<{ account: Account; written: readonly WrittenChange[] } | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const row = await redeem(manager, token, ['reset']);
      const user = row && (await lockUser(manager, row.user_id));
      if (!row || !user || user.email !== row.email) return undefined;
      const change = { passwordHash, emailVerifiedAt: user.emailVerifiedAt ?? (await now(manager)) };
      await manager.update(UserEntity, { id: user.id }, change);
      await manager.delete(OneTimeTokenEntity, { userId: user.id });
      // Nobody had shown until now to read mail there: whoever made the account, it is not his any more.
      const end = user.emailVerifiedAt === null ? endAccess : endSessions;
      return { account: accountOf({ ...user, ...change }), written: await end(manager, user.id) };
    });
  }
}

async function issue(
  db: DataSource | EntityManager,
  { purpose, email, userId, registration }: NewToken,
): Promise<string | undefined> {
  const token = newSecretToken();
  const { displayName = null, passwordHash = null } = registration ?? {};
  const values = [hashSecretToken(token), purpose, userId ?? null, email, displayName, passwordHash];
  const rows = await db.query<unknown[]>(ISSUE, [...values, TOKEN_TTL_MS[purpose], MAILS_PER_HOUR]);
  return rows.length > 0 ? token : undefined;
}

async function redeem(
  manager: EntityManager,
  token: string,
  purposes: readonly TokenPurpose[],
): Promise<TokenRow | undefined> {
  const [rows] = await manager.query<[TokenRow[], number]>(REDEEM, [hashSecretToken(token), purposes]);
  return rows[0];
}

async function lockUser(manager: EntityManager, id: string | null): Promise<UserEntity | null> {
  if (id === null) return null;
  return manager.findOne(UserEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
}

async function now(manager: EntityManager): Promise<Date> {
  const [row] = await manager.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return row!.now;
}

function registrationOf(row: Pick<TokenRow, 'email' | 'display_name' | 'password_hash'>): Registration {
  return { email: row.email, displayName: row.display_name ?? '', passwordHash: row.password_hash ?? '' };
}
