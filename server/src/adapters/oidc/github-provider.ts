import { TandemError } from '@tandem/protocol';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  Configuration,
  calculatePKCECodeChallenge,
  fetchProtectedResource,
} from 'openid-client';
import { z } from 'zod';
import type { GithubConfig } from '../../config/identity-config.js';
import type { FlowProof, ForeignIdentity } from '../../core/access/oidc-providers.js';
import { identityOf } from './foreign-claims.js';
import { providerRefusal, unavailable } from './provider-errors.js';
import { ANSWER_TIMEOUT_S, answerUrl, type SignInClient } from './sign-in-client.js';

const user = z.object({ id: z.number().int().positive(), login: z.string(), name: z.string().nullish() });
const emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

/** GitHub speaks OAuth 2, not OpenID Connect: no discovery, no ID token, and addresses at a route of their own. */
export class GithubProvider implements SignInClient {
  readonly kind = 'github';
  readonly id = 'github';
  readonly name = 'GitHub';
  readonly issuer: string;
  private readonly configuration: Configuration;
  private readonly api: string;

  constructor({ url, clientId, clientSecret }: GithubConfig) {
    // As GitHub names itself in its metadata (RFC 8414).
    this.issuer = `${url}/login/oauth`;
    this.api = url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`;
    this.configuration = new Configuration(
      {
        issuer: this.issuer,
        authorization_endpoint: `${url}/login/oauth/authorize`,
        token_endpoint: `${url}/login/oauth/access_token`,
      },
      clientId,
      clientSecret,
    );
    this.configuration.timeout = ANSWER_TIMEOUT_S;
    if (url.startsWith('http:')) allowInsecureRequests(this.configuration);
  }

  async authorizationUrl({ state, verifier }: FlowProof, redirectUri: string): Promise<string> {
    const url = buildAuthorizationUrl(this.configuration, {
      redirect_uri: redirectUri,
      scope: 'read:user user:email',
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  async identify(
    answer: URLSearchParams,
    { state, verifier }: FlowProof,
    redirectUri: string,
  ): Promise<ForeignIdentity> {
    try {
      const { access_token: token } = await authorizationCodeGrant(this.configuration, answerUrl(redirectUri, answer), {
        expectedState: state,
        pkceCodeVerifier: verifier,
      });
      // The number stays with the account; the login can be given up, and taken by somebody else.
      const { id, login, name } = user.parse(await this.read(token, '/user'));
      const primary = emails.parse(await this.read(token, '/user/emails')).find((email) => email.primary);
      const claims = { sub: String(id), name: name || login };
      return identityOf(this.issuer, { ...claims, email: primary?.email, email_verified: primary?.verified ?? false });
    } catch (error) {
      throw providerRefusal(error);
    }
  }

  private async read(token: string, path: string): Promise<unknown> {
    const headers = new Headers({ accept: 'application/vnd.github+json', 'user-agent': 'Tandem' });
    const url = new URL(this.api + path);
    const response = await fetchProtectedResource(this.configuration, token, url, 'GET', undefined, headers);
    if (response.status >= 500) throw unavailable(new Error(`GitHub answers ${response.status}`));
    if (response.status !== 200)
      throw new TandemError('oauth_failed', undefined, { reason: `http_${response.status}` });
    return response.json();
  }
}
