import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import { ProviderVisit } from './provider-visit.js';

/** What the provider tells of somebody, beside `sub`. */
export type ProviderClaims = Readonly<Record<string, unknown>>;

export const CLIENT = { clientId: 'tandem', clientSecret: 'a secret of the tests, known to both' };
/** Of the access tokens that are asked for with `resource`. */
export const AUDIENCE = 'https://tandem.example/api';

/** Where the company's own IDE would be. */
const IDE = 'http://ide.example/back';

/**
 * A real OpenID provider (oidc-provider) on a free port of loopback. Its login page takes any name that has been `told`, without
 * a password, and nobody has to consent.
 */
export class IdentityProvider {
  private handler: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  private provider: Provider | undefined;
  private readonly accounts = new Map<string, ProviderClaims>();
  /** Claims that access tokens get beside the standard ones. */
  tokenClaims: ProviderClaims = {};
  /** Queries of authorization requests, as they came. */
  readonly asked: URLSearchParams[] = [];

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<IdentityProvider> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const provider = new IdentityProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    server.on('request', (request, response) => void provider.serve(request, response));
    return provider;
  }

  /** Somebody who can log in there by the name `login`, which is also `sub`. */
  tell(login: string, claims: ProviderClaims): void {
    this.accounts.set(login, claims);
  }

  /** Before it is asked anything: the addresses that it sends browsers back to, to the letter. */
  async allow(...redirectUris: string[]): Promise<void> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const configuration = {
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          redirect_uris: [...redirectUris, IDE],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['of no use to anybody'] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      findAccount: (_context: unknown, sub: string) => {
        const claims = this.accounts.get(sub);
        return claims && { accountId: sub, claims: () => ({ sub, ...claims }) };
      },
      extraTokenClaims: () => this.tokenClaims,
      interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/login/${uid}` },
      loadExistingGrant: (context: Context) => this.grantAll(context),
      features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'edit',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
      renderError: (context: { body?: unknown }, out: unknown) => {
        context.body = out;
      },
    };
    this.provider = withoutWarnings(() => new Provider(this.issuer, configuration));
    this.handler = this.provider.callback();
  }

  /** What the company's own IDE gets for somebody: an access token for `AUDIENCE` (RFC 9068), and an ID token. */
  async tokens(login: string): Promise<{ accessToken: string; idToken: string }> {
    const verifier = randomPKCECodeVerifier();
    const url = new URL('/auth', this.issuer);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT.clientId,
      redirect_uri: IDE,
      scope: 'openid profile email edit',
      resource: AUDIENCE,
      state: 'ours',
      nonce: 'ours',
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();
    const back = new URL(await new ProviderVisit(this.issuer).through(url.href, login));
    const response = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: back.searchParams.get('code') ?? '',
        redirect_uri: IDE,
        resource: AUDIENCE,
        code_verifier: verifier,
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
      }),
    });
    const { access_token, id_token } = (await response.json()) as { access_token: string; id_token: string };
    return { accessToken: access_token, idToken: id_token };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.issuer);
    if (pathname === '/auth') this.asked.push(searchParams);
    if (!pathname.startsWith('/login/')) {
      this.handler?.(request, response);
      return;
    }
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(LOGIN_PAGE);
      return;
    }
    const form = new URLSearchParams(await text(request));
    const login = form.get('login');
    const result =
      login === null
        ? { error: 'access_denied', error_description: 'They went away' }
        : { login: { accountId: login } };
    await this.provider?.interactionFinished(request, response, result);
  }

  /** As if the user had consented to everything that the client asks for. */
  private async grantAll({ oidc }: Context): Promise<unknown> {
    const accountId = oidc.session?.accountId;
    if (!this.provider || !accountId) return undefined;
    const grant = new this.provider.Grant({ clientId: oidc.client.clientId, accountId });
    grant.addOIDCScope('openid profile email');
    grant.addResourceScope(AUDIENCE, 'edit');
    await grant.save();
    return grant;
  }
}

/** It warns at each start that it keeps its state in memory, which is what the tests want. */
function withoutWarnings<T>(work: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
  }
}

interface Context {
  readonly oidc: { readonly client: { readonly clientId: string }; readonly session?: { readonly accountId?: string } };
}

const LOGIN_PAGE = `<!doctype html><title>Company login</title>
<link rel="icon" href="data:,">
<form method="post"><label>Name <input name="login" required></label><button>Log in</button></form>
<form method="post"><button>Go away</button></form>`;
