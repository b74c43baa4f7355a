import { TandemError } from '@tandem/protocol';
import type { SignInConfig } from '../../config/identity-config.js';
import {
  type FlowProof,
  type ForeignIdentity,
  type OidcProvider,
  OidcProviders,
} from '../../core/access/oidc-providers.js';
import { GithubProvider } from './github-provider.js';
import { OpenIdProvider } from './openid-provider.js';
import type { SignInClient } from './sign-in-client.js';

/** Those of the settings. Nothing is fetched before somebody signs in: a provider that is away does not hold up the start. */
export class ConfiguredProviders extends OidcProviders {
  private readonly clients: readonly SignInClient[];

  constructor({ providers, github }: SignInConfig) {
    super();
    this.clients = [
      ...providers.map((provider) => new OpenIdProvider(provider)),
      ...(github === undefined ? [] : [new GithubProvider(github)]),
    ];
  }

  override get list(): readonly OidcProvider[] {
    return this.clients.map(({ id, name, kind, issuer }) => ({ id, name, kind, issuer }));
  }

  override async authorizationUrl(providerId: string, proof: FlowProof, redirectUri: string): Promise<string> {
    return this.client(providerId).authorizationUrl(proof, redirectUri);
  }

  override async identify(
    providerId: string,
    answer: URLSearchParams,
    proof: FlowProof,
    redirectUri: string,
  ): Promise<ForeignIdentity> {
    return this.client(providerId).identify(answer, proof, redirectUri);
  }

  private client(providerId: string): SignInClient {
    const client = this.clients.find(({ id }) => id === providerId);
    if (client === undefined) throw new TandemError('not_found');
    return client;
  }
}
