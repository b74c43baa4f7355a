import { type DataSource, IsNull } from 'typeorm';
import { type NewSigningKey, SigningKeyStore, type StoredSigningKey } from '../../core/access/signing-keys.js';
import { SigningKeyEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

const FIRST_KEY_LOCK = 0x6b657973; // "keys"

@TranslatesOutages
export class PostgresSigningKeyStore extends SigningKeyStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async all(): Promise<StoredSigningKey[]> {
    const rows = await this.dataSource.getRepository(SigningKeyEntity).find({ order: { createdAt: 'DESC' } });
    return rows.map((row) => ({
      kid: row.kid,
      algorithm: row.algorithm as 'ES256',
      publicJwk: row.publicJwk,
      privateKey: row.privateKey,
      createdAt: row.createdAt.getTime(),
      retiredAt: row.retiredAt?.getTime() ?? null,
    }));
  }

  override addFirst({ kid, algorithm, publicJwk, privateKey }: NewSigningKey): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [FIRST_KEY_LOCK]);
      const keys = manager.getRepository(SigningKeyEntity);
      if (await keys.existsBy({ retiredAt: IsNull() })) return;
      await keys.save({ kid, algorithm, publicJwk: { ...publicJwk }, privateKey: Buffer.from(privateKey) });
    });
  }
}
