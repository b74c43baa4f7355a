import { z } from 'zod';
import {
  ASYMMETRIC_ALGORITHMS,
  type ExternalTokensConfig,
  type OidcProviderConfig,
  type SignInConfig,
} from './identity-config.js';
import { optional, withDefault } from './option.js';
import { flag, text, type Value } from './values.js';

const DEFAULT_SCOPES = 'openid profile email';
/** The `iss` of this server's own tokens. */
const OWN_ISSUER = 'tandem';

/** Sign-in with others, and tokens of others. */
export const identityOptions = {
  OIDC_ISSUER: optional(
    secureUrl(),
    'Issuer of an OpenID provider that people may sign in with, as its discovery document names it; in the provider, allow the redirect URI `PUBLIC_URL/api/v1/auth/oidc/oidc/callback`',
    { otherwise: 'none' },
  ),
  OIDC_CLIENT_ID: optional(text(), 'Client id at that provider; required with OIDC_ISSUER', { otherwise: 'none' }),
  OIDC_CLIENT_SECRET: optional(text(), 'Client secret at that provider', { otherwise: 'none: a public client' }),
  OIDC_NAME: withDefault(text(), 'Single sign-on', 'What the button of that provider says'),
  OIDC_SCOPES: withDefault(scopes(), DEFAULT_SCOPES, 'Scopes to ask that provider for'),
  OIDC_TRUST_EMAIL: withDefault(
    flag(),
    false,
    'Take addresses of that provider for verified where it does not say (no `email_verified`): for a directory whose addresses only its administrators set',
  ),
  OIDC_PROVIDERS: optional(
    providers(),
    'More providers, as JSON: `[{"id", "name", "issuer", "clientId", "clientSecret", "scopes", "trustEmail"}]`; `id` stands in the redirect URI in place of the second `oidc`',
    { otherwise: 'none' },
  ),
  OIDC_SIGN_UP: withDefault(flag(), true, 'Whether who signs in with a provider for the first time gets an account'),
  OIDC_SIGN_UP_DOMAINS: withDefault(
    domains(),
    [],
    'Domains whose verified e-mail addresses get an account, with commas between; empty: all',
  ),
  GITHUB_CLIENT_ID: optional(
    text(),
    'Client id of an OAuth app at GitHub; redirect URI `PUBLIC_URL/api/v1/auth/oidc/github/callback`',
    { otherwise: 'none' },
  ),
  GITHUB_CLIENT_SECRET: optional(text(), 'Its client secret; required with GITHUB_CLIENT_ID', { otherwise: 'none' }),
  GITHUB_URL: optional(secureUrl(), 'Address of a GitHub Enterprise server', { otherwise: '`https://github.com`' }),
  EXTERNAL_JWT_ISSUER: optional(issuer(), 'Issuer (`iss`) whose access tokens are accepted like this server’s own', {
    otherwise: 'none',
  }),
  EXTERNAL_JWT_AUDIENCE: optional(
    list(),
    'Audience (`aud`) of those tokens, with commas between: one of them must be in the token; required with EXTERNAL_JWT_ISSUER',
    { otherwise: 'none' },
  ),
  EXTERNAL_JWT_JWKS_URL: optional(secureUrl(), 'Where that issuer publishes its keys', {
    otherwise: 'by discovery: EXTERNAL_JWT_ISSUER must be a URL',
  }),
  EXTERNAL_JWT_ALGORITHMS: withDefault(
    algorithms(),
    ['RS256', 'ES256'],
    'Algorithms that those tokens may be signed by, with commas between; asymmetric ones only',
  ),
  EXTERNAL_JWT_ROLES_CLAIM: withDefault(
    text(),
    'tandem_roles',
    'Claim of those tokens with an object of roles by project id, which become memberships',
  ),
};

type Parsed = z.output<z.ZodObject<typeof identityOptions>>;

export function signInConfig(e: Parsed): SignInConfig {
  const single =
    e.OIDC_ISSUER === undefined || e.OIDC_CLIENT_ID === undefined
      ? []
      : [
          {
            id: 'oidc',
            name: e.OIDC_NAME,
            issuer: e.OIDC_ISSUER,
            clientId: e.OIDC_CLIENT_ID,
            clientSecret: e.OIDC_CLIENT_SECRET,
            scopes: e.OIDC_SCOPES,
            trustEmail: e.OIDC_TRUST_EMAIL,
          },
        ];
  const github =
    e.GITHUB_CLIENT_ID === undefined || e.GITHUB_CLIENT_SECRET === undefined
      ? undefined
      : {
          url: (e.GITHUB_URL ?? 'https://github.com').replace(/\/+$/, ''),
          clientId: e.GITHUB_CLIENT_ID,
          clientSecret: e.GITHUB_CLIENT_SECRET,
        };
  return {
    providers: [...single, ...(e.OIDC_PROVIDERS ?? [])],
    github,
    signUp: e.OIDC_SIGN_UP,
    signUpDomains: e.OIDC_SIGN_UP_DOMAINS,
  };
}

export function externalTokensConfig(e: Parsed): ExternalTokensConfig | undefined {
  if (e.EXTERNAL_JWT_ISSUER === undefined || e.EXTERNAL_JWT_AUDIENCE === undefined) return undefined;
  return {
    issuer: e.EXTERNAL_JWT_ISSUER,
    audience: e.EXTERNAL_JWT_AUDIENCE,
    jwksUrl: e.EXTERNAL_JWT_JWKS_URL,
    algorithms: e.EXTERNAL_JWT_ALGORITHMS,
    rolesClaim: e.EXTERNAL_JWT_ROLES_CLAIM,
  };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether keys and secrets may be fetched from there: over TLS, or from this machine. */
export function isSecureUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  if (username || password || hash) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

function secureUrl(): Value<string> {
  return {
    type: 'URL',
    expects: 'a URL that begins with https:// (http:// only for this machine), without user and fragment',
    schema: z.string().refine(isSecureUrl),
  };
}

function scopes(): Value<string> {
  const schema = z.string().refine((value) => value.split(/ +/).includes('openid'));
  return { type: 'text', expects: 'scopes with spaces between, openid among them', schema };
}

function issuer(): Value<string> {
  const schema = z.string().refine((value) => value !== OWN_ISSUER);
  return { type: 'text', expects: `the exact \`iss\` of the tokens, not ${OWN_ISSUER}`, schema };
}

function list(): Value<readonly string[]> {
  return { type: 'list', expects: 'values with commas between', schema: commaList(z.string().min(1)) };
}

function domains(): Value<readonly string[]> {
  const domain = z
    .string()
    .toLowerCase()
    .regex(/^[^\s@,*]+\.[^\s@,*]+$/);
  return {
    type: 'list of domains',
    expects: 'domains such as example.org, with commas between',
    schema: commaList(domain),
  };
}

function algorithms(): Value<readonly string[]> {
  const expects = `of ${ASYMMETRIC_ALGORITHMS.join(', ')}, with commas between`;
  return { type: 'list of algorithms', expects, schema: commaList(z.enum(ASYMMETRIC_ALGORITHMS)) };
}

function commaList<T extends string>(item: z.ZodType<T, string>): z.ZodType<readonly T[], string> {
  return z
    .string()
    .transform((value) => value.split(',').map((part) => part.trim()))
    .pipe(z.array(item));
}

function providers(): Value<readonly OidcProviderConfig[]> {
  const provider = z.strictObject({
    id: z
      .string()
      .regex(/^[a-z\d][a-z\d-]{0,31}$/)
      .refine((id) => id !== 'oidc' && id !== 'github'),
    name: z.string().min(1).max(80),
    issuer: z.string().refine(isSecureUrl),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1).optional(),
    scopes: scopes().schema.default(DEFAULT_SCOPES),
    trustEmail: z.boolean().default(false),
  });
  const schema = z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.addIssue({ code: 'custom' });
        return z.NEVER;
      }
    })
    .pipe(z.array(provider).refine((all) => new Set(all.map(({ id }) => id)).size === all.length));
  return {
    type: 'JSON',
    expects: 'a JSON list of providers, each with an id of its own (not oidc, github), name, issuer and clientId',
    schema: schema as z.ZodType<readonly OidcProviderConfig[], string>,
  };
}
