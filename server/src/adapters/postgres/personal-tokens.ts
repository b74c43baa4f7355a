import { TandemError } from '@tandem/protocol';
import type { Scope } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import type { WrittenChange } from '../../core/access/changes.js';
import {
  MAX_PERSONAL_TOKENS,
  type NewPersonalToken,
  type PersonalToken,
  type PersonalTokenOwner,
  PersonalTokens,
} from '../../core/access/personal-tokens.js';
import { writeChange } from './change-log.js';
import { PersonalTokenEntity } from './entities/index.js';
import { Gathered } from './gathered.js';
import { TranslatesOutages } from './store-errors.js';

const FIND = `
  SELECT t.id, t.user_id, t.token_hash, u.display_name, t.scopes, t.expires_at
  FROM personal_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.token_hash = ANY ($1::bytea[])`;

const TOUCH = `
  UPDATE personal_tokens SET last_used_at = clock_timestamp()
  WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`;

/** Two that are made at once do not both fit in the last place. */
const LOCK_USER = 'SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE';

const ADD = `
  INSERT INTO personal_tokens (user_id, token_hash, name, scopes, hint, expires_at)
  VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 day')
  RETURNING id, created_at, expires_at`;

interface FoundRow {
  id: string;
  user_id: string;
  token_hash: Buffer;
  display_name: string;
  scopes: Scope[];
  expires_at: Date;
}

@TranslatesOutages
export class PostgresPersonalTokens extends PersonalTokens {
  private readonly found: Gathered<Buffer, FoundRow | undefined>;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.found = new Gathered(async (hashes) => {
      const rows = await dataSource.query<FoundRow[]>(FIND, [hashes]);
      const byHash = new Map(rows.map((row) => [row.token_hash.toString('hex'), row]));
      return hashes.map((hash) => byHash.get(hash.toString('hex')));
    });
  }

  override create({ userId, tokenHash, name, scopes, hint, days }: NewPersonalToken): Promise<PersonalToken> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(LOCK_USER, [userId]);
      const count = await manager.getRepository(PersonalTokenEntity).countBy({ userId });
      if (count >= MAX_PERSONAL_TOKENS) throw new TandemError('too_many_tokens');
      const values = [userId, Buffer.from(tokenHash), name, scopes, hint, days];
      const [row] = await manager.query<{ id: string; created_at: Date; expires_at: Date }[]>(ADD, values);
      const { id, created_at: createdAt, expires_at: expiresAt } = row!;
      return {
        id,
        name,
        scopes,
        hint,
        createdAt: createdAt.getTime(),
        expiresAt: expiresAt.getTime(),
        lastUsedAt: null,
      };
    });
  }

  override async ofUser(userId: string): Promise<PersonalToken[]> {
    const tokens = this.dataSource.getRepository(PersonalTokenEntity);
    const rows = await tokens.find({ where: { userId }, order: { createdAt: 'DESC', id: 'ASC' } });
    return rows.map(({ id, name, scopes, hint, createdAt, expiresAt, lastUsedAt }) => ({
      id,
      name,
      scopes: scopes as Scope[],
      hint,
      createdAt: createdAt.getTime(),
      expiresAt: expiresAt.getTime(),
      lastUsedAt: lastUsedAt?.getTime() ?? null,
    }));
  }

  override revoke(userId: string, id: string): Promise<WrittenChange | undefined> {
    return this.dataSource.transaction(async (manager) => {
      const { affected } = await manager.getRepository(PersonalTokenEntity).delete({ id, userId });
      return affected ? writeChange(manager, { type: 'session.revoked', sessionId: id }) : undefined;
    });
  }

  override async find(tokenHash: Uint8Array): Promise<PersonalTokenOwner | undefined> {
    const row = await this.found.of(Buffer.from(tokenHash));
    if (row === undefined) return undefined;
    const { id, user_id: userId, display_name: displayName, scopes, expires_at: expiresAt } = row;
    return { id, userId, displayName, scopes, expiresAt: expiresAt.getTime() };
  }

  override async touch(id: string): Promise<void> {
    await this.dataSource.query(TOUCH, [id]);
  }
}
