import type { DataSource } from 'typeorm';
import { FLOW_TTL_MS, HAND_OVER_TTL_MS, type HandOver, type NewFlow, OidcFlows } from '../../core/access/oidc-flows.js';
import type { ForeignIdentity } from '../../core/access/oidc-providers.js';
import { TranslatesOutages } from './store-errors.js';

const BEGIN = `
  INSERT INTO oidc_flows (state_hash, provider, browser_hash, user_id, next, expires_at)
  VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')`;

/** The code's hash marks it as taken: of two that bring the same state, one is the first. */
const TAKE = `
  UPDATE oidc_flows SET code_hash = $3
  WHERE state_hash = $1 AND provider = $2 AND code_hash IS NULL AND expires_at > clock_timestamp()
  RETURNING user_id`;

const HAND_OVER = `
  UPDATE oidc_flows SET identity = $2, expires_at = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE code_hash = $1`;

const REDEEM = `
  DELETE FROM oidc_flows WHERE code_hash = $1
  RETURNING provider, browser_hash, user_id, next, identity, expires_at > clock_timestamp() AS is_live`;

interface RedeemedRow {
  provider: string;
  browser_hash: Buffer;
  user_id: string | null;
  next: string | null;
  identity: ForeignIdentity | null;
  is_live: boolean;
}

@TranslatesOutages
export class PostgresOidcFlows extends OidcFlows {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async begin({ stateHash, provider, browserHash, userId, next }: NewFlow): Promise<void> {
    const hashes = [Buffer.from(stateHash), provider, Buffer.from(browserHash)];
    await this.dataSource.query(BEGIN, [...hashes, userId ?? null, next ?? null, FLOW_TTL_MS]);
  }

  override async take(
    stateHash: Uint8Array,
    provider: string,
    codeHash: Uint8Array,
  ): Promise<'sign-in' | 'link' | undefined> {
    const [rows] = await this.dataSource.query<[{ user_id: string | null }[], number]>(TAKE, [
      Buffer.from(stateHash),
      provider,
      Buffer.from(codeHash),
    ]);
    const [flow] = rows;
    if (flow === undefined) return undefined;
    return flow.user_id === null ? 'sign-in' : 'link';
  }

  override async handOver(codeHash: Uint8Array, identity: ForeignIdentity): Promise<void> {
    await this.dataSource.query(HAND_OVER, [Buffer.from(codeHash), identity, HAND_OVER_TTL_MS]);
  }

  override async redeem(codeHash: Uint8Array): Promise<HandOver | undefined> {
    const [rows] = await this.dataSource.query<[RedeemedRow[], number]>(REDEEM, [Buffer.from(codeHash)]);
    const [row] = rows;
    if (!row?.is_live || row.identity === null) return undefined;
    const { provider, browser_hash: browserHash, user_id: userId, next, identity } = row;
    return { provider, browserHash, userId: userId ?? undefined, next: next ?? undefined, identity };
  }
}
