import { readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_LIMITS } from '@tandem/protocol';
import { ConfigError } from './config-error.js';
import { describeConfig } from './describe-config.js';
import { loadConfig } from './load-config.js';

const SECRET = '9f2c41d07be85a63f1d04c7792ab3e58';

describe('loadConfig', () => {
  test('needs nothing', () => {
    const config = loadConfig({}, '/srv/clone');
    expect(config).toMatchObject({ port: 3000, host: '127.0.0.1', dataDir: '/srv/clone/.tandem', demo: true });
    expect(config).toMatchObject({
      accessTokenTtl: 900,
      refreshTokenTtl: 2_592_000,
      committers: 2,
      allowedOrigins: [],
      trustProxy: 0,
    });
    expect(config.databaseUrl).toBeUndefined();
    expect(isAbsolute(config.stateDir)).toBe(true);
  });

  test('reads each setting in its own type', () => {
    const config = loadConfig({
      PORT: '0',
      HOST: '::1',
      TANDEM_DATA_DIR: '/data',
      DATABASE_URL: 'postgres://u:p@db:5432/tandem',
      ALLOWED_ORIGINS: 'https://ide.example.org, http://localhost:5173,tauri://localhost',
      PUBLIC_URL: 'https://tandem.example.org/app/',
      TANDEM_SECRET: SECRET,
      METRICS_TOKEN: 'Zm9ydHktdHdvLi4=',
      DEMO: 'yes',
      COMMITTERS: '8',
    });
    expect(config).toMatchObject({
      port: 0,
      host: '::1',
      dataDir: '/data',
      databaseUrl: 'postgres://u:p@db:5432/tandem',
      allowedOrigins: ['https://ide.example.org', 'http://localhost:5173', 'tauri://localhost'],
      publicUrl: 'https://tandem.example.org/app',
      secret: SECRET,
      metricsToken: 'Zm9ydHktdHdvLi4=',
      demo: true,
      committers: 8,
    });
  });

  test.each<[string, number | string[]]>([
    ['1', 1],
    ['loopback', ['loopback']],
    ['10.0.0.7, 192.168.0.0/16,2001:db8::/32', ['10.0.0.7', '192.168.0.0/16', '2001:db8::/32']],
  ])('proxies are a number of hops or addresses (%s)', (given, read) => {
    expect(loadConfig({ TRUST_PROXY: given }).trustProxy).toEqual(read);
  });

  test('a language model has its own defaults, and is nothing without its address and name', () => {
    expect(loadConfig({}).ai).toEqual({ worker: 'inline', analysis: 'edits' });
    const { ai } = loadConfig({ AI_BASE_URL: 'http://127.0.0.1:8080/v1/', AI_MODEL: 'coder', AI_TEMPLATE: 'qwen' });
    expect(ai.languageModel).toEqual({
      baseUrl: 'http://127.0.0.1:8080/v1',
      apiKey: undefined,
      model: 'coder',
      api: 'completions',
      template: 'qwen',
      reviewModel: undefined,
      timeouts: { firstTokenMs: 10_000, idleMs: 10_000, totalMs: 60_000 },
    });
    const chat = loadConfig({ AI_BASE_URL: 'https://models.example/v1', AI_MODEL: 'talker', AI_API: 'chat' });
    expect(chat.ai.languageModel?.reviewModel).toBe('talker');
    for (const alone of ['AI_BASE_URL', 'AI_MODEL', 'AI_API_KEY', 'AI_REVIEW_MODEL']) {
      const value = alone === 'AI_BASE_URL' ? 'http://127.0.0.1/v1' : 'something';
      const missing = alone === 'AI_BASE_URL' ? 'AI_MODEL' : 'AI_BASE_URL';
      expect(errorOf({ [alone]: value }).message).toContain(missing);
    }
    expect(errorOf({ AI_WORKER: 'none' }).message).toContain('DATABASE_URL');
  });

  test('an empty setting is one that is not set', () => {
    expect(loadConfig({ PORT: '', HOST: '  ' })).toMatchObject({ port: 3000, host: '127.0.0.1' });
  });

  test('makes no demo project in a database of somebody', () => {
    expect(loadConfig({ DATABASE_URL: 'postgresql://db/tandem' }).demo).toBe(false);
  });

  test('is frozen to the bottom', () => {
    const config = loadConfig({ ALLOWED_ORIGINS: 'https://ide.example.org' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.allowedOrigins)).toBe(true);
  });

  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['HOST', 'http://localhost'],
    ['HOST', 'localhost:3000'],
    ['HOST', 'two words'],
    ['DATABASE_URL', 'mysql://db/tandem'],
    ['DATABASE_URL', 'db'],
    ['REDIS_URL', 'http://redis'],
    ['AMQP_URL', 'rabbit'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://ide.example.org,*'],
    ['ALLOWED_ORIGINS', 'https://*.example.org'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'https://ide.example.org/'],
    ['ALLOWED_ORIGINS', 'https://ide.example.org/path'],
    ['ALLOWED_ORIGINS', 'https://ide.example.org:443'],
    ['ALLOWED_ORIGINS', 'https://IDE.example.org'],
    ['ALLOWED_ORIGINS', 'https://user@ide.example.org'],
    ['ALLOWED_ORIGINS', 'ide.example.org'],
    ['ALLOWED_ORIGINS', 'https://a.example.org,,https://b.example.org'],
    ['PUBLIC_URL', 'ide.example.org'],
    ['PUBLIC_URL', 'https://ide.example.org/?a=b'],
    ['PUBLIC_URL', 'https://user:password@ide.example.org'],
    ['TANDEM_SECRET', 'x'.repeat(31)],
    ['METRICS_TOKEN', 'x'.repeat(15)],
    ['METRICS_TOKEN', 'four words of text'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '33'],
    ['TRUST_PROXY', '-1'],
    ['TRUST_PROXY', '*'],
    ['TRUST_PROXY', '0.0.0.0.0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.7,'],
    ['TRUST_PROXY', 'proxy.example.org'],
    ['LOG_LEVEL', 'loud'],
    ['NODE_ENV', 'prod'],
    ['ACCESS_TOKEN_TTL', '15m'],
    ['REFRESH_TOKEN_TTL', '0'],
    ['COMMITTERS', '0'],
    ['COMMITTERS', '9'],
    ['COMPACT_ROWS', '1e3'],
    ['COMPACT_BYTES', '256k'],
    ['DEMO', 'maybe'],
    ['MAX_UPDATE_BYTES', '0'],
    ['MAX_DOCUMENT_BYTES', 'NaN'],
  ])('refuses %s=%s', (key, value) => {
    const error = errorOf({ [key]: value });
    expect(error.settings.map((setting) => setting.key)).toEqual([key]);
  });

  test('names every bad key and no value', () => {
    const env = {
      PORT: '99999',
      TANDEM_SECRET: 'hunter2',
      ALLOWED_ORIGINS: '*',
      DATABASE_URL: 'mysql://u:sesame@db',
      DEMO: 'si',
    };
    const { message } = errorOf(env);
    expect(message).toMatchInlineSnapshot(`
"5 settings are wrong:
  PORT             expected a whole number from 0 to 65535
  DATABASE_URL     expected a URL that begins with postgres:// or postgresql://
  ALLOWED_ORIGINS  expected exact origins such as https://ide.example.org, with commas between; no *
  TANDEM_SECRET    expected text of at least 32 characters
  DEMO             expected true or false"
`);
    for (const value of ['99999', 'hunter2', 'sesame', 'mysql']) expect(message).not.toContain(value);
  });

  test('wants a secret in production with a database of many nodes, and says so beside other mistakes', () => {
    const env = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/tandem' };
    expect(errorOf(env).settings.map(({ key }) => key)).toEqual(['TANDEM_SECRET']);
    expect(errorOf({ ...env, PORT: 'x' }).settings.map(({ key }) => key)).toEqual(['PORT', 'TANDEM_SECRET']);
    expect(loadConfig({ ...env, TANDEM_SECRET: SECRET }).secret).toBe(SECRET);
    expect(loadConfig({ NODE_ENV: 'production' }).secret).toBeUndefined();
  });
});

describe('sign-in with others', () => {
  const PROVIDER = { OIDC_ISSUER: 'https://id.example.org', OIDC_CLIENT_ID: 'tandem', OIDC_CLIENT_SECRET: 'hunter2' };
  const more = (value: unknown) => ({ OIDC_PROVIDERS: typeof value === 'string' ? value : JSON.stringify(value) });
  const UNIVERSITY = { id: 'uni', name: 'University', issuer: 'https://sso.uni.example', clientId: 'tandem' };
  const EXTERNAL = { EXTERNAL_JWT_ISSUER: 'https://id.example.org', EXTERNAL_JWT_AUDIENCE: 'a, b' };

  test('is with nobody unless somebody is named', () => {
    expect(loadConfig({}).signIn).toEqual({ providers: [], github: undefined, signUp: true, signUpDomains: [] });
    expect(loadConfig({}).externalTokens).toBeUndefined();
  });

  test('takes one provider, several, and GitHub', () => {
    const github = { GITHUB_CLIENT_ID: 'app', GITHUB_CLIENT_SECRET: 'hunter3', GITHUB_URL: 'https://git.example.org/' };
    const { signIn } = loadConfig({
      ...PROVIDER,
      ...github,
      ...more([UNIVERSITY]),
      OIDC_SIGN_UP_DOMAINS: 'Example.org',
    });
    const common = { scopes: 'openid profile email', trustEmail: false };
    expect(signIn.providers).toEqual([
      {
        ...common,
        id: 'oidc',
        name: 'Single sign-on',
        issuer: 'https://id.example.org',
        clientId: 'tandem',
        clientSecret: 'hunter2',
      },
      { ...common, ...UNIVERSITY },
    ]);
    expect(signIn.github).toEqual({ url: 'https://git.example.org', clientId: 'app', clientSecret: 'hunter3' });
    expect(signIn.signUpDomains).toEqual(['example.org']);
  });

  test('takes tokens of an issuer', () => {
    expect(loadConfig(EXTERNAL).externalTokens).toEqual({
      issuer: 'https://id.example.org',
      audience: ['a', 'b'],
      jwksUrl: undefined,
      algorithms: ['RS256', 'ES256'],
      rolesClaim: 'tandem_roles',
    });
  });

  test.each<[string, Record<string, string>, string]>([
    ['an issuer without a client', { OIDC_ISSUER: 'https://id.example.org' }, 'OIDC_CLIENT_ID'],
    ['A35: an issuer in clear text', { ...PROVIDER, OIDC_ISSUER: 'http://id.example.org' }, 'OIDC_ISSUER'],
    ['scopes without openid', { ...PROVIDER, OIDC_SCOPES: 'email' }, 'OIDC_SCOPES'],
    ['GitHub without its secret', { GITHUB_CLIENT_ID: 'app' }, 'GITHUB_CLIENT_SECRET'],
    ['no JSON', more('[{'), 'OIDC_PROVIDERS'],
    ['a provider twice', more([UNIVERSITY, UNIVERSITY]), 'OIDC_PROVIDERS'],
    ['the id of another setting', more([{ ...UNIVERSITY, id: 'github' }]), 'OIDC_PROVIDERS'],
    ['an id that is a path', more([{ ...UNIVERSITY, id: '../x' }]), 'OIDC_PROVIDERS'],
    ['a field that nobody knows', more([{ ...UNIVERSITY, trust: true }]), 'OIDC_PROVIDERS'],
    ['a domain that is an address', { OIDC_SIGN_UP_DOMAINS: 'ada@example.org' }, 'OIDC_SIGN_UP_DOMAINS'],
    ['A30: tokens for anybody', { EXTERNAL_JWT_ISSUER: 'https://id.example.org' }, 'EXTERNAL_JWT_AUDIENCE'],
    ['A30: our own issuer', { ...EXTERNAL, EXTERNAL_JWT_ISSUER: 'tandem' }, 'EXTERNAL_JWT_ISSUER'],
    [
      'A28: a secret that both know',
      { ...EXTERNAL, EXTERNAL_JWT_ALGORITHMS: 'RS256,HS256' },
      'EXTERNAL_JWT_ALGORITHMS',
    ],
    ['A28: no signature', { ...EXTERNAL, EXTERNAL_JWT_ALGORITHMS: 'none' }, 'EXTERNAL_JWT_ALGORITHMS'],
    [
      'keys in clear text',
      { ...EXTERNAL, EXTERNAL_JWT_JWKS_URL: 'http://id.example.org/keys' },
      'EXTERNAL_JWT_JWKS_URL',
    ],
    ['keys that cannot be found', { ...EXTERNAL, EXTERNAL_JWT_ISSUER: 'our-backend' }, 'EXTERNAL_JWT_JWKS_URL'],
  ])('refuses %s', (_what, env, key) => {
    const { settings, message } = errorOf(env);
    expect(settings.map((setting) => setting.key)).toContain(key);
    expect(message).not.toMatch(/hunter/);
  });
});

test('LIM-1: the limits of a server without configuration are those of the protocol', () => {
  expect(DEFAULT_LIMITS).toMatchObject(loadConfig({}).limits);
  // Every one can be set, but the two that Socket.IO's own limits and the schemas give.
  const fixed = Object.keys(DEFAULT_LIMITS).filter((key) => !(key in loadConfig({}).limits));
  expect(fixed).toEqual(['maxPacketBytes', 'maxAttachments']);
});

test('5,000 people behind one address find room', () => {
  const { capacity } = loadConfig({});
  expect(capacity.connectionsPerAddress).toBeGreaterThanOrEqual(2 * 5000);
  expect(capacity.pendingConnectionsPerAddress).toBeGreaterThanOrEqual(5000);
  expect(capacity.pendingConnections).toBeGreaterThan(capacity.pendingConnectionsPerAddress);
  expect(10 * capacity.handshakeRatePerAddress).toBeGreaterThanOrEqual(2 * 5000);
  expect(capacity.opensWaiting).toBeGreaterThanOrEqual(3 * 5000);
});

test('the documented settings are those of the schema', () => {
  // Renew it with WRITE_DOCS=1.
  const page = new URL('../../docs/configuration.md', import.meta.url);
  const text = `${PAGE}\n\n${describeConfig()}`;
  if (process.env.WRITE_DOCS) writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});

function errorOf(env: Record<string, string>): ConfigError {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

const PAGE = `# Settings

From the environment, or from a \`.env\` file in the folder that the server is started in; the environment wins. A bad value
stops the start with exit code 78 and names its key, never the value.`;
