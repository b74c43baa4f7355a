import type { DataSource, EntityManager } from 'typeorm';
import { judgeRefresh } from '../../core/access/refresh-rules.js';
import { type Rotation, SignInSessions } from '../../core/access/sign-in-sessions.js';
import { RefreshTokenEntity, SessionEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

interface TokenRow {
  session_id: string;
  expires_at: Date;
  used_at: Date | null;
  revoked_at: Date | null;
  user_id: string;
  email: string | null;
  display_name: string;
  /** The clock of the database: nodes may differ, and a grace of seconds is judged. */
  now: Date;
}

const LOCK_TOKEN = `
  SELECT t.session_id, t.expires_at, t.used_at, s.revoked_at, s.user_id, u.email, u.display_name, clock_timestamp() AS now
  FROM refresh_tokens t
  JOIN sessions s ON s.id = t.session_id
  JOIN users u ON u.id = s.user_id
  WHERE t.token_hash = $1
  FOR UPDATE OF t`;

const ADD_TOKEN = `
  INSERT INTO refresh_tokens (token_hash, session_id, expires_at)
  VALUES ($1, $2, clock_timestamp() + $3 * interval '1 second')`;

const REVOKE = `
  UPDATE sessions SET revoked_at = clock_timestamp()
  WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) AND revoked_at IS NULL
  RETURNING id`;

@TranslatesOutages
export class PostgresSignInSessions extends SignInSessions {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override start(userId: string, tokenHash: Uint8Array, ttl: number): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      const { id } = await manager.getRepository(SessionEntity).save({ userId });
      await manager.query(ADD_TOKEN, [Buffer.from(tokenHash), id, ttl]);
      return id;
    });
  }

  override rotate(tokenHash: Uint8Array, successorHash: Uint8Array, ttl: number): Promise<Rotation> {
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
      const { session_id: sessionId, user_id: userId, email, display_name: displayName } = row;
      if (verdict === 'reuse') {
        await manager.getRepository(SessionEntity).update({ id: sessionId }, { revokedAt: row.now });
        return { outcome: 'reused', sessionId, userId };
      }
      if (verdict === 'rotate') await exchange(manager, tokenHash, successorHash, sessionId, ttl, row.now);
      return { outcome: 'rotated', sessionId, account: { id: userId, email, displayName } };
    });
  }

  override async revoke(tokenHash: Uint8Array): Promise<string | undefined> {
    const [rows] = await this.dataSource.query<[{ id: string }[], number]>(REVOKE, [Buffer.from(tokenHash)]);
    return rows[0]?.id;
  }

  override async isLive(sessionId: string): Promise<boolean> {
    const session = await this.dataSource.getRepository(SessionEntity).findOneBy({ id: sessionId });
    return session !== null && session.revokedAt === null;
  }
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
