import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client';
import type { OidcProviderConfig } from '../../config/identity-config.js';
import type { FlowProof, ForeignIdentity } from '../../core/access/oidc-providers.js';
import { identityOf, joinedClaims } from './foreign-claims.js';
import { providerRefusal, unavailable } from './provider-errors.js';
import { ANSWER_TIMEOUT_S, answerUrl, type SignInClient } from './sign-in-client.js';

const KEEP_METADATA_MS = 60 * 60_000;

/** An OpenID provider, known by its discovery document. */
export class OpenIdProvider implements SignInClient {
  readonly kind = 'oidc';
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  private discovered: { readonly configuration: Configuration; readonly at: number } | undefined;
  private discovering: Promise<Configuration> | undefined;

  constructor(private readonly settings: OidcProviderConfig) {
    ({ id: this.id, name: this.name, issuer: this.issuer } = settings);
  }

  async authorizationUrl({ state, nonce, verifier }: FlowProof, redirectUri: string): Promise<string> {
    const url = buildAuthorizationUrl(await this.configuration(), {
      redirect_uri: redirectUri,
      scope: this.settings.scopes,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  async identify(
    answer: URLSearchParams,
    { state, nonce, verifier }: FlowProof,
    redirectUri: string,
  ): Promise<ForeignIdentity> {
    const configuration = await this.configuration();
    try {
      const tokens = await authorizationCodeGrant(configuration, answerUrl(redirectUri, answer), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('There is no ID token');
      const { userinfo_endpoint: more } = configuration.serverMetadata();
      // Many providers put only `sub` into the ID token, and the rest where the access token is shown.
      const isWhole = claims.email !== undefined && claims.name !== undefined;
      const info =
        isWhole || more === undefined ? {} : await fetchUserInfo(configuration, tokens.access_token, claims.sub);
      // By the token's own word: tokens of the issuer that are brought here directly name it so, too.
      return identityOf(claims.iss, joinedClaims(claims, info), this.settings.trustEmail);
    } catch (error) {
      throw providerRefusal(error);
    }
  }

  /** Read anew after an hour; a provider that cannot be asked then is spoken to as before. */
  private async configuration(): Promise<Configuration> {
    const { discovered } = this;
    if (discovered !== undefined && Date.now() - discovered.at < KEEP_METADATA_MS) return discovered.configuration;
    this.discovering ??= this.discover().finally(() => {
      this.discovering = undefined;
    });
    try {
      return await this.discovering;
    } catch (error) {
      if (discovered !== undefined) return discovered.configuration;
      throw unavailable(error);
    }
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    const configuration = await discovery(
      new URL(issuer),
      clientId,
      clientSecret,
      clientSecret === undefined ? None() : undefined,
      {
        timeout: ANSWER_TIMEOUT_S,
        // Signatures of ID tokens are checked although TLS brought them (the code flow would not need it). Plain HTTP is
        // for this machine only, which the settings see to.
        execute: [enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [allowInsecureRequests] : [])],
      },
    );
    this.discovered = { configuration, at: Date.now() };
    return configuration;
  }
}
