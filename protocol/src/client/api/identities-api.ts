import type { z } from 'zod';
import type { Tokens } from '../../http/auth.js';
import type {
  Identity,
  LinkedIdentity,
  OidcTokens,
  oidcStartBody,
  oidcTokenBody,
  SignInProvider,
} from '../../http/oidc.js';

export interface IdentitiesPort {
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Without a token. */
  open<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Signs in with the tokens of the answer, and keeps them. */
  signIn<T extends Tokens>(path: string, body: unknown): Promise<T>;
}

/**
 * Sign-in with identity providers. The page makes a `newBrowserKey`, keeps it in `sessionStorage`, and sends the browser where
 * `start` says; the browser comes back with `#signed-in=<code>`, which `finish` exchanges together with the key, within 60 s.
 * Without success it comes back with `#sign-in-failed=<SignInFailure>`.
 */
export class IdentitiesApi {
  constructor(private readonly api: IdentitiesPort) {}

  /** For a button each; none where the server has none. */
  async providers(): Promise<SignInProvider[]> {
    return (await this.api.open<{ providers: SignInProvider[] }>('GET', '/auth/providers')).providers;
  }

  /** Where to send the browser. `next`: a path that comes back with the tokens. Rejects with `provider_unavailable`. */
  async start(providerId: string, body: z.input<typeof oidcStartBody>): Promise<string> {
    return (await this.api.open<{ url: string }>('POST', `/auth/oidc/${providerId}/start`, body)).url;
  }

  /**
   * Signs in, in a new account at the first time. Not safe to repeat: a code is good once. Rejects with `oauth_failed`,
   * `sign_up_closed`, and `identity_taken` when the e-mail address has an account that it may not be linked to unasked.
   */
  finish(body: z.input<typeof oidcTokenBody>): Promise<OidcTokens> {
    return this.api.signIn('/auth/oidc/token', body);
  }

  /** How providers know the user who is signed in, the oldest first. */
  async list(): Promise<Identity[]> {
    return (await this.api.json<{ identities: Identity[] }>('GET', '/users/me/identities')).identities;
  }

  /** As `start`, for another identity of the user who is signed in; the browser comes back with `#linked=<code>`. */
  async startLink(providerId: string, body: z.input<typeof oidcStartBody>): Promise<string> {
    return (await this.api.json<{ url: string }>('POST', `/users/me/identities/${providerId}/start`, body)).url;
  }

  /** Rejects with `oauth_failed`, and with `identity_taken` when the identity is another account's. */
  finishLink(body: z.input<typeof oidcTokenBody>): Promise<LinkedIdentity> {
    return this.api.json('POST', '/users/me/identities', body);
  }

  /** Rejects with `last_sign_in` for the only way to sign in. */
  unlink(identityId: string): Promise<void> {
    return this.api.json('DELETE', `/users/me/identities/${identityId}`);
  }
}

/** 256 random bits, for one sign-in of this page. */
export const newBrowserKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
};
