import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** 256 random bits as 43 characters: a refresh token, or the token of a link. */
export function newSecretToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token. Without a salt: 256 bits cannot be guessed, and equal tokens must be found. */
export function hashSecretToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Makes each refresh token's successor from the token itself, so that a client that asks twice gets the same one although
 * only hashes are stored (A34). Without the server's secret nobody can follow the chain.
 */
export class RefreshChain {
  private readonly key: Uint8Array;

  constructor(secret: string) {
    this.key = new Uint8Array(hkdfSync('sha256', secret, '', 'tandem refresh chain 1', 32));
  }

  successor(token: string): string {
    return createHmac('sha256', this.key).update(token).digest('base64url');
  }
}
