import type { z } from 'zod';
import type { Factors, RecoveryCodes, StartedTotp, startTotpBody } from '../../http/factors.js';
import type { ApiPort } from './history-api.js';

/**
 * Two-step sign-in: codes of an authenticator app (TOTP, RFC 6238), asked for after a right password, and recovery codes for who
 * has lost it. A code is used once. Wrong ones are `invalid_credentials`; who guesses is `rate_limited`.
 */
export class FactorsApi {
  constructor(private readonly api: ApiPort) {}

  get(): Promise<Factors> {
    return this.api.json('GET', '/users/me/factors');
  }

  /**
   * A new secret for the app; nothing is asked for until `confirmTotp`. Rejects with `fresh_sign_in_required` where neither the
   * password is given nor the sign-in younger than 15 minutes, with `factor_exists` while one is on, and with `forbidden` for guests
   * and who has no password.
   */
  startTotp(body: z.input<typeof startTotpBody> = {}): Promise<StartedTotp> {
    return this.api.json('POST', '/users/me/factors/totp', body);
  }

  /** Turns it on, with a code of the app. Resolves to ten recovery codes, shown this once. Not safe to repeat. */
  async confirmTotp(code: string): Promise<string[]> {
    return (await this.api.json<RecoveryCodes>('POST', '/users/me/factors/totp/confirm', { code })).recoveryCodes;
  }

  /** Turns it off. `code`: of the app, or a recovery code. */
  endTotp(code: string): Promise<void> {
    return this.api.json('DELETE', '/users/me/factors/totp', { code });
  }

  /** Ten new recovery codes; the old ones end. `code`: of the app, or a recovery code. Not safe to repeat. */
  async renewRecoveryCodes(code: string): Promise<string[]> {
    return (await this.api.json<RecoveryCodes>('POST', '/users/me/factors/recovery-codes', { code })).recoveryCodes;
  }
}
