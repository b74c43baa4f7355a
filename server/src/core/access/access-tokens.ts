import type { Scope } from '@tandem/protocol/http';

/** Who a verified access token speaks for. Times are epoch milliseconds. */
export interface TokenClaims {
  readonly userId: string;
  /** The sign-in that the token belongs to; revoking it ends the token's sockets. */
  readonly sessionId: string;
  readonly displayName: string;
  readonly expiresAt: number;
  /** What of the user's rights the token carries; absent: all of them. */
  readonly scopes?: readonly Scope[];
  /** The key of this server that signed it; what it opened ends when the key is dropped. */
  readonly keyId?: string | undefined;
}

export abstract class AccessTokens {
  /** A short-lived ES256 token. */
  abstract issue(
    claims: Pick<TokenClaims, 'userId' | 'sessionId' | 'displayName'>,
  ): Promise<{ token: string; expiresAt: number }>;
  /** Rejects with TandemError `invalid_token` or `token_expired`; tolerates 30 s of clock difference. */
  abstract verify(token: string): Promise<TokenClaims>;
}
