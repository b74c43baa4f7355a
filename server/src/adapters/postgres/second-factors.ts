import type { DataSource, EntityManager } from 'typeorm';
import {
  type FactorState,
  SecondFactors,
  type SecretSealing,
  type StepJudge,
} from '../../core/access/second-factors.js';
import { RecoveryCodeEntity, TotpFactorEntity } from './entities/index.js';
import { TranslatesOutages } from './store-errors.js';

const STATE = `
SELECT f.confirmed_at,
  (SELECT count(*)::int FROM recovery_codes c WHERE c.user_id = f.user_id AND c.used_at IS NULL) AS codes
FROM totp_factors f WHERE f.user_id = $1 AND f.confirmed_at IS NOT NULL`;

const BEGIN = `
INSERT INTO totp_factors (user_id, secret) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = now()
WHERE totp_factors.confirmed_at IS NULL
RETURNING 1`;

/** To the end of the transaction: of two that give the same code at once, the second finds it used. */
const LOCK = `
SELECT secret, last_step, confirmed_at IS NOT NULL AS confirmed FROM totp_factors WHERE user_id = $1 FOR UPDATE`;

const USE_STEP = `
UPDATE totp_factors SET last_step = $2, confirmed_at = coalesce(confirmed_at, clock_timestamp()) WHERE user_id = $1`;

/** Of one that nobody has confirmed there are no codes. */
const USE_CODE = `
UPDATE recovery_codes SET used_at = clock_timestamp() WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL
RETURNING 1`;

interface FactorRow {
  secret: Buffer;
  last_step: string;
  confirmed: boolean;
}

@TranslatesOutages
export class PostgresSecondFactors extends SecondFactors {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sealing: SecretSealing,
  ) {
    super();
  }

  override async state(userId: string): Promise<FactorState> {
    const [row] = await this.dataSource.query<{ confirmed_at: Date; codes: number }[]>(STATE, [userId]);
    return row ? { since: row.confirmed_at.getTime(), recoveryCodes: row.codes } : { since: null, recoveryCodes: 0 };
  }

  override async begin(userId: string, secret: Uint8Array): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(BEGIN, [userId, this.sealing.seal(secret, userId)]);
    return rows.length > 0;
  }

  override async confirm(
    userId: string,
    judge: StepJudge,
    codeHashes: readonly Uint8Array[],
  ): Promise<'confirmed' | 'wrong' | 'absent'> {
    return this.dataSource.transaction(async (manager) => {
      const [row] = await manager.query<FactorRow[]>(LOCK, [userId]);
      if (!row || row.confirmed) return 'absent';
      const secret = this.sealing.open(row.secret, userId);
      const step = secret && judge(secret, Number(row.last_step));
      if (step === undefined) return 'wrong';
      await manager.query(USE_STEP, [userId, step]);
      await replaceCodes(manager, userId, codeHashes);
      return 'confirmed';
    });
  }

  override async useStep(userId: string, judge: StepJudge): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [row] = await manager.query<FactorRow[]>(LOCK, [userId]);
      const secret = row?.confirmed ? this.sealing.open(row.secret, userId) : undefined;
      const step = row && secret && judge(secret, Number(row.last_step));
      if (step === undefined) return false;
      await manager.query(USE_STEP, [userId, step]);
      return true;
    });
  }

  override async useRecoveryCode(userId: string, codeHash: Uint8Array): Promise<boolean> {
    const [rows] = await this.dataSource.query<[unknown[], number]>(USE_CODE, [userId, Buffer.from(codeHash)]);
    return rows.length > 0;
  }

  override async replaceRecoveryCodes(userId: string, codeHashes: readonly Uint8Array[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      // Two that renew at once take turns; who ended the factor meanwhile is given none.
      const [row] = await manager.query<FactorRow[]>(LOCK, [userId]);
      if (row?.confirmed) await replaceCodes(manager, userId, codeHashes);
    });
  }

  override async end(userId: string): Promise<void> {
    await this.dataSource.transaction((manager) => endFactors(manager, userId));
  }
}

/** Whoever signs in with the password of this user needs nothing else from here on. */
export async function endFactors(manager: EntityManager, userId: string): Promise<void> {
  await manager.delete(TotpFactorEntity, { userId });
  await manager.delete(RecoveryCodeEntity, { userId });
}

async function replaceCodes(manager: EntityManager, userId: string, codeHashes: readonly Uint8Array[]): Promise<void> {
  await manager.delete(RecoveryCodeEntity, { userId });
  await manager.insert(
    RecoveryCodeEntity,
    codeHashes.map((codeHash) => ({ userId, codeHash: Buffer.from(codeHash) })),
  );
}
