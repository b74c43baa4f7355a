import type {
  CreatedToken,
  NewPersonalToken,
  PersonalToken,
  PersonalTokenList,
  Session,
  SessionList,
} from '../../http/sessions.js';
import type { ApiPort } from './history-api.js';

/** Where one is signed in, and the personal access tokens that one has made for programs. */
export class SessionsApi {
  constructor(private readonly api: ApiPort) {}

  /** Sign-ins that go on, the last used first. */
  async list(): Promise<Session[]> {
    return (await this.api.json<SessionList>('GET', '/users/me/sessions')).sessions;
  }

  /** Ends one of them, here or elsewhere, and closes its sockets. Rejects with `not_found` for one that has ended. */
  end(sessionId: string): Promise<void> {
    return this.api.json('DELETE', `/users/me/sessions/${sessionId}`);
  }

  /** Signs out everywhere; with `exceptCurrent` everywhere but here. Personal access tokens stay. Safe to repeat. */
  endAll({ exceptCurrent = false }: { exceptCurrent?: boolean } = {}): Promise<void> {
    return this.api.json('DELETE', `/users/me/sessions${exceptCurrent ? '?except=current' : ''}`);
  }

  /** Expired ones too, the newest first. */
  async tokens(): Promise<PersonalToken[]> {
    return (await this.api.json<PersonalTokenList>('GET', '/users/me/tokens')).tokens;
  }

  /**
   * Makes a token for a program; what it may be used for is `scopes`. It is shown in this answer and never again. Rejects with
   * `fresh_sign_in_required` when the sign-in is older than 15 minutes, with `forbidden` for guests and `too_many_tokens` above
   * 50. Not safe to repeat.
   */
  createToken(token: NewPersonalToken): Promise<CreatedToken> {
    return this.api.json('POST', '/users/me/tokens', token);
  }

  /** It opens nothing any more, and its sockets are closed. Rejects with `not_found`. */
  revokeToken(tokenId: string): Promise<void> {
    return this.api.json('DELETE', `/users/me/tokens/${tokenId}`);
  }
}
