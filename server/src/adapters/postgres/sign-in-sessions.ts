import { TandemError } from '@tandem/protocol';
import type { DataSource, EntityManager } from 'typeorm';
import type { Account } from '../../core/access/accounts.js';
import type { WrittenChange } from '../../core/access/changes.js';
import { judgeRefresh } from '../../core/access/refresh-rules.js';
import {
  type Rotation,
  type SessionOrigin,
  type SignInSession,
  SignInSessions,
} from '../../core/access/sign-in-sessions.js';
import { writeChange } from './change-log.js';
import { RefreshTokenEntity, SessionEntity } from './entities/index.js';
import { Gathered } from './gathered.js';
import { TranslatesOutages } from './store-errors.js';

interface TokenRow {
  session_id: string;
  expires_at: Date;
  used_at: Date | null;
  revoked_at: Date | null;
  user_id: string;
  email: string | null;
  display_name: string;
  kind: 'person' | 'guest';
  email_verified: boolean;
  /** The clock of the database: nodes may differ, and a grace of seconds is judged. */
  now: Date;
}

interface SessionRow {
  id: string;
  kind: SignInSession['kind'];
  agent: string | null;
  address: string | null;
  created_at: Date;
  last_used_at: Date;
}

const LOCK_TOKEN = `
  SELECT t.session_id, t.expires_at, t.used_at, s.revoked_at, s.user_id, u.email, u.display_name, u.kind,
    u.email_verified_at IS NOT NULL AS email_verified, clock_timestamp() AS now
  FROM refresh_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
  WHERE t.token_hash = $1
  FOR UPDATE OF t`;

/** Whoever changes the password waits, and then finds the session to end; or has changed it. */
const HOLD_PASSWORD = 'SELECT password_hash FROM users WHERE id = $1 FOR SHARE';

const ADD_TOKEN = `
  INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
  VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second')`;

const REVOKE = `
  UPDATE sessions SET revoked_at = clock_timestamp()
  WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) AND revoked_at IS NULL
  RETURNING id, user_id`;

const REVOKE_ONE = `
  UPDATE sessions SET revoked_at = clock_timestamp()
  WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL
  RETURNING id`;

const REVOKE_ALL = `
  UPDATE sessions SET revoked_at = clock_timestamp()
  WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2::uuid
  RETURNING id`;

const OF_USER = `
  SELECT s.id, s.kind, s.agent, s.address, s.created_at, coalesce(s.last_used_at, s.created_at) AS last_used_at
  FROM sessions s
  WHERE s.user_id = $1 AND s.revoked_at IS NULL
    AND EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = s.id AND t.expires_at > clock_timestamp())
  ORDER BY coalesce(s.last_used_at, s.created_at) DESC, s.id`;

/** To the minute: after a restart everybody comes back at once. */
const TOUCH = `
  UPDATE sessions s SET last_used_at = clock_timestamp(), address = coalesce(used.address, s.address)
  FROM unnest($1::uuid[], $2::text[]) AS used (id, address)
  WHERE s.id = used.id AND s.revoked_at IS NULL
    AND coalesce(s.last_used_at, s.created_at) < clock_timestamp() - interval '1 minute'`;

const LIVE = 'SELECT id FROM sessions WHERE id = ANY ($1::uuid[]) AND revoked_at IS NULL';

@TranslatesOutages
export class PostgresSignInSessions extends SignInSessions {
  private readonly live: Gathered<string, boolean>;
  private readonly touched: Gathered<{ id: string; address: string | undefined }, undefined>;

  constructor(private readonly dataSource: DataSource) {
    super();
    // Asked at every connect and every request.
    this.live = new Gathered(async (ids) => {
      const found = new Set((await dataSource.query<{ id: string }[]>(LIVE, [ids])).map(({ id }) => id));
      return ids.map((id) => found.has(id));
    });
    this.touched = new Gathered(async (uses) => {
      await dataSource.query(TOUCH, [uses.map(({ id }) => id), uses.map(({ address }) => address ?? null)]);
      return uses.map(() => undefined);
    });
  }

  override start(
    userId: string,
    tokenHash: Uint8Array,
    ttl: number,
    origin?: SessionOrigin,
    passwordHash?: string,
  ): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      if (passwordHash !== undefined) await requirePassword(manager, userId, passwordHash);
      const { kind = null, agent = null, address = null } = origin ?? {};
      const { id } = await manager.getRepository(SessionEntity).save({ userId, kind, agent, address });
      await manager.query(ADD_TOKEN, [Buffer.from(tokenHash), id, ttl]);
      return id;
    });
  }

  override rotate(tokenHash: Uint8Array, successorHash: Uint8Array, ttl: number, address?: string): Promise<Rotation> {
    return this.dataSource.transaction(async (manager): Promise<Rotation> => {
      const [row] = await manager.query<TokenRow[]>(LOCK_TOKEN, [Buffer.from(tokenHash)]);
      if (row === undefined) return { outcome: 'unknown' };
      const verdict = judgeRefresh(
        {
          expiresAt: row.expires_at.getTime(),
          usedAt: row.used_at?.getTime() ?? null,
          sessionRevoked: row.revoked_at !== null,
        },
        row.now.getTime(),
      );
      if (verdict === 'ended') return { outcome: 'unknown' };
      const { session_id: sessionId, user_id: userId } = row;
      if (verdict === 'reuse') {
        await manager.getRepository(SessionEntity).update({ id: sessionId }, { revokedAt: row.now });
        return { outcome: 'reused', sessionId, userId, written: await writeRevoked(manager, sessionId) };
      }
      if (verdict === 'rotate') {
        await exchange(manager, tokenHash, successorHash, sessionId, ttl, row.now);
        const used = { lastUsedAt: row.now, ...(address === undefined ? {} : { address }) };
        await manager.getRepository(SessionEntity).update({ id: sessionId }, used);
      }
      return { outcome: 'rotated', sessionId, account: accountOf(row) };
    });
  }

  override revoke(tokenHash: Uint8Array): Promise<(WrittenChange & { userId: string }) | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const [[session]] = await manager.query<[{ id: string; user_id: string }[], number]>(REVOKE, [
        Buffer.from(tokenHash),
      ]);
      return session && { ...(await writeRevoked(manager, session.id)), userId: session.user_id };
    });
  }

  override async ofUser(userId: string): Promise<SignInSession[]> {
    const rows = await this.dataSource.query<SessionRow[]>(OF_USER, [userId]);
    return rows.map(({ created_at: createdAt, last_used_at: lastUsedAt, ...row }) => ({
      ...row,
      createdAt: createdAt.getTime(),
      lastUsedAt: lastUsedAt.getTime(),
    }));
  }

  override revokeById(userId: string, sessionId: string): Promise<WrittenChange | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const [[session]] = await manager.query<[{ id: string }[], number]>(REVOKE_ONE, [userId, sessionId]);
      return session && writeRevoked(manager, session.id);
    });
  }

  override revokeAll(userId: string, exceptSessionId?: string): Promise<readonly WrittenChange[]> {
    return this.dataSource.transaction((manager) => revokeSessions(manager, userId, exceptSessionId));
  }

  override async touch(sessionId: string, address?: string): Promise<void> {
    await this.touched.of({ id: sessionId, address });
  }

  override async isLive(sessionId: string): Promise<boolean> {
    return this.live.of(sessionId);
  }
}

async function requirePassword(manager: EntityManager, userId: string, passwordHash: string): Promise<void> {
  const [user] = await manager.query<{ password_hash: string | null }[]>(HOLD_PASSWORD, [userId]);
  if (user?.password_hash !== passwordHash) throw new TandemError('invalid_credentials');
}

function accountOf(row: TokenRow): Account {
  const { user_id: id, email, display_name: displayName, kind, email_verified: emailVerified } = row;
  return { id, email, displayName, kind, emailVerified };
}

async function revokeSessions(
  manager: EntityManager,
  userId: string,
  exceptSessionId?: string,
): Promise<WrittenChange[]> {
  const [ended] = await manager.query<[{ id: string }[], number]>(REVOKE_ALL, [userId, exceptSessionId ?? null]);
  const written: WrittenChange[] = [];
  for (const { id } of ended) written.push(await writeRevoked(manager, id));
  return written;
}

function writeRevoked(manager: EntityManager, sessionId: string): Promise<WrittenChange> {
  return writeChange(manager, { type: 'session.revoked', sessionId });
}

async function exchange(
  manager: EntityManager,
  tokenHash: Uint8Array,
  successorHash: Uint8Array,
  sessionId: string,
  ttl: number,
  now: Date,
): Promise<void> {
  await manager.getRepository(RefreshTokenEntity).update({ tokenHash: Buffer.from(tokenHash) }, { usedAt: now });
  await manager.query(ADD_TOKEN, [Buffer.from(successorHash), sessionId, ttl]);
  // Rows past their time answer `unknown` either way.
  await manager.query('DELETE FROM refresh_tokens WHERE session_id = $1 AND expires_at < $2', [sessionId, now]);
}
