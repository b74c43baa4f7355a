import type { FactoryProvider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConfiguredProviders } from '../adapters/oidc/configured-providers.js';
import { ExternalAccessTokens } from '../adapters/oidc/external-access-tokens.js';
import { PostgresIdentities } from '../adapters/postgres/identities.js';
import { PostgresOidcFlows } from '../adapters/postgres/oidc-flows.js';
import type { AppConfig } from '../config/app-config.js';
import type { Changes } from '../core/access/changes.js';
import { Identities } from '../core/access/identities.js';
import { FlowProofs, OidcFlows } from '../core/access/oidc-flows.js';
import { OidcProviders } from '../core/access/oidc-providers.js';
import type { TokenVerifier } from '../core/access/token-verifiers.js';
import { OidcSettings } from '../features/oidc/oidc-settings.js';
import { bind } from './bind.js';

/** Sign-in with others. */
export function identityBindings({ config, secret }: { config: AppConfig; secret: string }): FactoryProvider[] {
  const { publicUrl, host, signIn } = config;
  const signUpRules = { isOpen: signIn.signUp, domains: signIn.signUpDomains, ifTaken: 'refuse' } as const;
  return [
    bind(Identities, [DataSource], (db: DataSource) => new PostgresIdentities(db)),
    bind(OidcFlows, [DataSource], (db: DataSource) => new PostgresOidcFlows(db)),
    bind(OidcProviders, [], () => new ConfiguredProviders(signIn)),
    bind(FlowProofs, [], () => new FlowProofs(secret)),
    bind(OidcSettings, [], (): OidcSettings => ({ publicUrl, host, signUpRules })),
  ];
}

/** Tokens of others, where the settings name an issuer. */
export function externalTokens(
  { externalTokens: settings }: AppConfig,
  identities: Identities,
  changes: Changes,
): TokenVerifier[] {
  return settings === undefined ? [] : [new ExternalAccessTokens(settings, identities, changes)];
}
