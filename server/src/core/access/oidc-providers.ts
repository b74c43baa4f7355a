/** Who somebody is to an issuer. `email` and `displayName` are null where it does not tell. */
export interface ForeignIdentity {
  /** Unique together: what an account is found by. */
  readonly issuer: string;
  readonly subject: string;
  /** Lower case. */
  readonly email: string | null;
  /** The issuer vouches that the address is the person's. */
  readonly emailVerified: boolean;
  readonly displayName: string | null;
}

export interface OidcProvider {
  /** In addresses. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly kind: 'oidc' | 'github';
  readonly issuer: string;
}

/** What ties an answer of a provider to the question (RFC 9700 2.1.1). */
export interface FlowProof {
  readonly state: string;
  /** In the ID token; GitHub has none. */
  readonly nonce: string;
  /** Of PKCE, by S256. */
  readonly verifier: string;
}

/** Identity providers that people may sign in with. Both methods reject with `not_found` for a provider that is not configured. */
export abstract class OidcProviders {
  abstract readonly list: readonly OidcProvider[];
  /** Where the browser goes. Rejects with TandemError `provider_unavailable`. */
  abstract authorizationUrl(providerId: string, proof: FlowProof, redirectUri: string): Promise<string>;
  /**
   * Exchanges the code that the browser brought back to `redirectUri`. Not safe to repeat: a code is good once. Rejects with
   * `provider_unavailable`, or with `oauth_failed` and the error code of the provider as `details.reason`.
   */
  abstract identify(
    providerId: string,
    answer: URLSearchParams,
    proof: FlowProof,
    redirectUri: string,
  ): Promise<ForeignIdentity>;
}
