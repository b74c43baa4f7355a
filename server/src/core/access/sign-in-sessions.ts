import type { Account } from './accounts.js';

/** What became of a refresh token: `reused` has just revoked its session, `unknown` includes expired and revoked ones. */
export type Rotation =
  | { readonly outcome: 'rotated'; readonly sessionId: string; readonly account: Account }
  | { readonly outcome: 'reused'; readonly sessionId: string; readonly userId: string }
  | { readonly outcome: 'unknown' };

/** Sign-ins, each the family of the refresh tokens that follow one another. Known by hash only. */
export abstract class SignInSessions {
  /** Resolves to the id of the new session. */
  abstract start(userId: string, tokenHash: Uint8Array, ttl: number): Promise<string>;
  /**
   * Exchanges a token for its successor, which lives `ttl` seconds. A repeat within the grace period changes nothing and is
   * `rotated` again; a later one revokes the session. Each token is judged by one caller at a time, over all nodes.
   */
  abstract rotate(tokenHash: Uint8Array, successorHash: Uint8Array, ttl: number): Promise<Rotation>;
  /** Ends the session that the token belongs to; resolves to its id, or undefined when there was nothing to end. */
  abstract revoke(tokenHash: Uint8Array): Promise<string | undefined>;
  /** Whether the session exists and has not been revoked. */
  abstract isLive(sessionId: string): Promise<boolean>;
}
