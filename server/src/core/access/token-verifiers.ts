import { TandemError } from '@tandem/protocol';
import { AccessTokens, type TokenClaims } from './access-tokens.js';

/** One kind of token that opens this server. */
export interface TokenVerifier {
  /** Whether the token claims to be of this kind: by its look alone, nothing is checked yet. */
  takes(token: string): boolean;
  /** As `AccessTokens.verify`. */
  verify(token: string): Promise<TokenClaims>;
}

const MAX_BYTES = 8192;

/**
 * Access tokens of every kind that is accepted here. A token is judged by the one kind that it claims to be, never by several
 * in turn: what one kind refuses, no other may let in (A28, A31).
 */
export class TokenVerifiers extends AccessTokens {
  /** `own` issues, and judges what none of the `others` takes. */
  constructor(
    private readonly own: AccessTokens,
    private readonly others: readonly TokenVerifier[],
  ) {
    super();
  }

  override issue(claims: Parameters<AccessTokens['issue']>[0]): ReturnType<AccessTokens['issue']> {
    return this.own.issue(claims);
  }

  override async verify(token: string): Promise<TokenClaims> {
    // Before anything is decoded: 1 MB of token costs one comparison (A30).
    if (token.length > MAX_BYTES) throw new TandemError('invalid_token');
    const verifier = this.others.find((other) => other.takes(token)) ?? this.own;
    return verifier.verify(token);
  }
}
