import type { Account } from './accounts.js';
import type { WrittenChange } from './changes.js';

/** What became of a refresh token: `reused` has just revoked its session, `unknown` includes expired and revoked ones. */
export type Rotation =
  | { readonly outcome: 'rotated'; readonly sessionId: string; readonly account: Account }
  | { readonly outcome: 'reused'; readonly sessionId: string; readonly userId: string; readonly written: WrittenChange }
  | { readonly outcome: 'unknown' };

/** How somebody signed in, and from where; told to the user in the list of sessions. */
export interface SessionOrigin {
  readonly kind: 'password' | 'link' | 'oidc' | 'register';
  /** The `User-Agent` header; kept in words (`describeAgent`). */
  readonly agent?: string;
  /** Network address of the caller. */
  readonly address?: string;
}

/** A sign-in that goes on. Times are epoch milliseconds. */
export interface SignInSession {
  readonly id: string;
  /** Null: begun before this was noted. */
  readonly kind: SessionOrigin['kind'] | null;
  /** Browser and system in words, such as `Firefox on Linux`. */
  readonly agent: string | null;
  readonly address: string | null;
  readonly createdAt: number;
  /** The last sign-in, refresh or connect. */
  readonly lastUsedAt: number;
}

/** Sign-ins, each the family of the refresh tokens that follow one another. Known by hash only. */
export abstract class SignInSessions {
  /**
   * Resolves to the id of the new session. `passwordHash`: which was found right; rejects with TandemError
   * `invalid_credentials` when it is another one by now, as its change has ended the sessions that there were.
   */
  abstract start(
    userId: string,
    tokenHash: Uint8Array,
    ttl: number,
    origin?: SessionOrigin,
    passwordHash?: string,
  ): Promise<string>;
  /**
   * Exchanges a token for its successor, which lives `ttl` seconds. A repeat within the grace period changes nothing and is
   * `rotated` again; a later one revokes the session. Each token is judged by one caller at a time, over all nodes. `address`:
   * where it came from.
   */
  abstract rotate(tokenHash: Uint8Array, successorHash: Uint8Array, ttl: number, address?: string): Promise<Rotation>;
  /** Ends the session that the token belongs to; resolves to what to tell of it, or undefined when there was nothing to end. */
  abstract revoke(tokenHash: Uint8Array): Promise<(WrittenChange & { readonly userId: string }) | undefined>;
  /** Those of a user that go on, the last used first. */
  abstract ofUser(userId: string): Promise<SignInSession[]>;
  /** As `revoke`, by the session's id; only a session of this user. */
  abstract revokeById(userId: string, sessionId: string): Promise<WrittenChange | undefined>;
  /** Ends every session of the user but `exceptSessionId`; resolves to what to tell of each. */
  abstract revokeAll(userId: string, exceptSessionId?: string): Promise<readonly WrittenChange[]>;
  /** Notes that the session was used now, and from where; may be left out for a session used a moment ago. */
  abstract touch(sessionId: string, address?: string): Promise<void>;
  /** Whether the session exists and has not been revoked. */
  abstract isLive(sessionId: string): Promise<boolean>;
}
