/** An OpenID provider that people may sign in with. */
export interface OidcProviderConfig {
  /** Stands in addresses. */
  readonly id: string;
  /** Stands on the button. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret?: string;
  /** With spaces between. */
  readonly scopes: string;
  /** Whether an address without `email_verified` counts as verified. */
  readonly trustEmail: boolean;
}

export interface GithubConfig {
  /** Without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface SignInConfig {
  readonly providers: readonly OidcProviderConfig[];
  /** Absent: not with GitHub. */
  readonly github?: GithubConfig;
  /** Whether the first sign-in makes an account. */
  readonly signUp: boolean;
  /** Whose verified addresses get one, in lower case; empty: all. */
  readonly signUpDomains: readonly string[];
}

/** A secret that both sides know would let each client make tokens (A28): none of those. */
export const ASYMMETRIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** Access tokens of somebody else that open this server. */
export interface ExternalTokensConfig {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** Absent: the discovery document of the issuer tells. */
  readonly jwksUrl?: string;
  readonly algorithms: readonly string[];
  readonly rolesClaim: string;
}
