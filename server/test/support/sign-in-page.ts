import { randomBytes } from 'node:crypto';
import { type LinkedIdentity, type OidcTokens, oidcStart, oidcTokens } from '@tandem/protocol/http';
import type { TestAnswer, TestApp } from '../../src/testing/test-app.js';
import { ProviderVisit } from './provider-visit.js';

/** What the page does to sign somebody in with a provider, step by step. */
export class SignInPage {
  readonly browserKey = randomBytes(32).toString('base64url');

  constructor(
    private readonly server: TestApp,
    private readonly issuer: string,
    readonly provider = 'oidc',
  ) {}

  /** The button. `token`: of somebody who links. Resolves to where the browser is sent. */
  async start(more: { next?: string; token?: string } = {}): Promise<string> {
    const { token, next } = more;
    const path = token === undefined ? '/auth/oidc' : '/users/me/identities';
    const answer = await this.ask(
      'POST',
      `${path}/${this.provider}/start`,
      { browserKey: this.browserKey, next },
      token,
    );
    if (answer.status !== 200) throw new Error(`start: ${answer.status} ${answer.text}`);
    return oidcStart.parse(answer.json()).url;
  }

  /** At the provider; resolves to the address of the callback with its answer. */
  visit(url: string, login: string | null): Promise<string> {
    return new ProviderVisit(this.issuer).through(url, login);
  }

  /** The browser is back; as one that takes HTML, or as a program. */
  callback(url: string, accept = 'text/html,*/*;q=0.8', server = this.server): Promise<TestAnswer> {
    const { pathname, search } = new URL(url);
    return server.request('GET', pathname + search, { headers: { accept } });
  }

  /** The code behind `#signed-in=` or `#linked=`. */
  async codeOf(callback: Promise<TestAnswer>): Promise<string> {
    const answer = await callback;
    const location = answer.headers.get('location') ?? '';
    const [, code] = /\/#(?:signed-in|linked)=([\w-]{43})$/.exec(location) ?? [];
    if (code === undefined) throw new Error(`callback: ${answer.status} ${location} ${answer.text}`);
    return code;
  }

  exchange(code: string, browserKey = this.browserKey): Promise<TestAnswer> {
    return this.ask('POST', '/auth/oidc/token', { code, browserKey });
  }

  exchangeLink(code: string, token: string, browserKey = this.browserKey): Promise<TestAnswer> {
    return this.ask('POST', '/users/me/identities', { code, browserKey }, token);
  }

  /** From the button to the code. */
  async bring(login: string, more: { next?: string; token?: string } = {}): Promise<string> {
    return this.codeOf(this.callback(await this.visit(await this.start(more), login)));
  }

  async signIn(login: string, next?: string): Promise<OidcTokens> {
    const answer = await this.exchange(await this.bring(login, { next }));
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.text}`);
    return oidcTokens.parse(answer.json());
  }

  async link(login: string, token: string): Promise<LinkedIdentity> {
    const answer = await this.exchangeLink(await this.bring(login, { token }), token);
    if (answer.status !== 201) throw new Error(`link: ${answer.status} ${answer.text}`);
    return answer.json<LinkedIdentity>();
  }

  private ask(method: string, path: string, body: unknown, token?: string): Promise<TestAnswer> {
    return this.server.request(method, `/api/v1${path}`, { body, token });
  }
}
