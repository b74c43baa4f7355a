import { createHmac, hkdfSync } from 'node:crypto';
import type { FlowProof, ForeignIdentity } from './oidc-providers.js';

/** How long somebody may stay at the provider: to find the telephone, to make an account there. */
export const FLOW_TTL_MS = 10 * 60_000;
/** How long the page may take to exchange the code that it came back with (ASVS 10.4.2). */
export const HAND_OVER_TTL_MS = 60_000;

export interface NewFlow {
  readonly stateHash: Uint8Array;
  readonly provider: string;
  /** Of the secret that the page keeps. */
  readonly browserHash: Uint8Array;
  /** Who links the identity to the account; absent: somebody signs in. */
  readonly userId?: string;
  readonly next?: string;
}

export interface HandOver {
  readonly provider: string;
  readonly browserHash: Uint8Array;
  readonly userId: string | undefined;
  readonly next: string | undefined;
  readonly identity: ForeignIdentity;
}

/**
 * Browsers that are away at an identity provider. In the database, as any node may see them come back. Known by hashes only.
 *
 *     begin -> take (the browser is back; once) -> handOver (the provider has answered) -> redeem (the page is back; once)
 */
export abstract class OidcFlows {
  abstract begin(flow: NewFlow): Promise<void>;
  /** Resolves to what the browser went away for; undefined for a state that is unknown, expired, taken before, or of another provider (mix-up). */
  abstract take(stateHash: Uint8Array, provider: string, codeHash: Uint8Array): Promise<'sign-in' | 'link' | undefined>;
  abstract handOver(codeHash: Uint8Array, identity: ForeignIdentity): Promise<void>;
  /** Undefined for a code that is unknown, expired or redeemed before. */
  abstract redeem(codeHash: Uint8Array): Promise<HandOver | undefined>;
}

/**
 * Makes nonce and PKCE verifier from the state, so that nothing secret is stored: who reads the database, or sees the address
 * that the browser is sent to, has neither.
 */
export class FlowProofs {
  private readonly key: Uint8Array;

  constructor(secret: string) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', 'tandem oidc flow 1', 32));
  }

  of(state: string): FlowProof {
    return { state, nonce: this.derive('nonce', state), verifier: this.derive('verifier', state) };
  }

  private derive(use: string, state: string): string {
    return createHmac('sha256', this.key).update(`${use} ${state}`).digest('base64url');
  }
}
