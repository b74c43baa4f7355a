import type { DataSource, EntityManager } from 'typeorm';
import { type NewSigningKey, SigningKeyStore, type StoredSigningKey } from '../../core/access/signing-keys.js';
import { SigningKeyEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

const KEYS_LOCK = 0x6b657973; // "keys"

/** All by the clock of the database: the clocks of nodes differ. */
const ADD = `
  INSERT INTO signing_keys (kid, algorithm, public_jwk, private_key, signs_at)
  VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second')
  RETURNING signs_at`;

const IS_YOUNG = `
  SELECT EXISTS (SELECT FROM signing_keys
    WHERE retired_at IS NULL AND signs_at > clock_timestamp() - $1 * interval '1 second') AS is_young`;

const RETIRE_OTHERS = 'UPDATE signing_keys SET retired_at = $2 WHERE retired_at IS NULL AND kid <> $1';

/** The key that was to take over is gone: the one before it goes on, if it has not stopped yet. */
const GO_ON = `
  UPDATE signing_keys SET retired_at = NULL
  WHERE NOT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)
    AND kid = (SELECT kid FROM signing_keys WHERE retired_at > clock_timestamp() ORDER BY signs_at DESC LIMIT 1)`;

const SIGNS_NOW = `
  SELECT EXISTS (SELECT FROM signing_keys
    WHERE signs_at <= clock_timestamp() AND (retired_at IS NULL OR retired_at > clock_timestamp())) AS signs`;

const RETIRE_FOR_NEXT = `
  UPDATE signing_keys SET retired_at = (SELECT min(signs_at) FROM signing_keys WHERE signs_at > clock_timestamp())
  WHERE kid = $1`;

const PRUNE = `
  DELETE FROM signing_keys WHERE retired_at < clock_timestamp() - $1 * interval '1 second' RETURNING kid`;

@TranslatesOutages
export class PostgresSigningKeyStore extends SigningKeyStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async all(): Promise<StoredSigningKey[]> {
    const rows = await this.dataSource.getRepository(SigningKeyEntity).find({ order: { signsAt: 'DESC' } });
    return rows.map((row) => ({
      kid: row.kid,
      algorithm: row.algorithm as 'ES256',
      publicJwk: row.publicJwk,
      privateKey: row.privateKey,
      createdAt: row.createdAt.getTime(),
      signsAt: row.signsAt.getTime(),
      retiredAt: row.retiredAt?.getTime() ?? null,
    }));
  }

  override addFirst(key: NewSigningKey): Promise<void> {
    return this.locked(async (manager) => {
      if (!(await signsNow(manager))) await add(manager, key, 0);
    });
  }

  override rotate(key: NewSigningKey, lead: number, olderThan?: number): Promise<boolean> {
    return this.locked(async (manager) => {
      if (olderThan !== undefined) {
        const [row] = await manager.query<{ is_young: boolean }[]>(IS_YOUNG, [olderThan]);
        if (row!.is_young) return false;
      }
      const signsAt = await add(manager, key, lead);
      await manager.query(RETIRE_OTHERS, [key.kid, signsAt]);
      return true;
    });
  }

  override drop(kid: string, replacement: NewSigningKey): Promise<boolean> {
    return this.locked(async (manager) => {
      const { affected } = await manager.getRepository(SigningKeyEntity).delete({ kid });
      if (!affected) return false;
      await manager.query(GO_ON);
      if (!(await signsNow(manager))) {
        await add(manager, replacement, 0);
        await manager.query(RETIRE_FOR_NEXT, [replacement.kid]);
      }
      return true;
    });
  }

  override async prune(seconds: number): Promise<string[]> {
    const [rows] = await this.dataSource.query<[{ kid: string }[], number]>(PRUNE, [seconds]);
    return rows.map(({ kid }) => kid);
  }

  /** One at a time over all nodes. */
  private locked<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [KEYS_LOCK]);
      return work(manager);
    });
  }
}

async function add(manager: EntityManager, key: NewSigningKey, lead: number): Promise<Date> {
  const { kid, algorithm, publicJwk, privateKey } = key;
  const values = [kid, algorithm, { ...publicJwk }, Buffer.from(privateKey), lead];
  const [row] = await manager.query<{ signs_at: Date }[]>(ADD, values);
  return row!.signs_at;
}

async function signsNow(manager: EntityManager): Promise<boolean> {
  const [row] = await manager.query<{ signs: boolean }[]>(SIGNS_NOW);
  return row!.signs;
}
