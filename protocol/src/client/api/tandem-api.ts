import type { z } from 'zod';
import { type ErrorCode, TandemError } from '../../errors.js';
import type { confirmRegistrationBody } from '../../http/account.js';
import type { AiModel, Attribution } from '../../http/ai.js';
import type { LinkTokens, linkBody, loginBody, registerBody, Tokens, User } from '../../http/auth.js';
import type { Document, DocumentList, documentBody, documentPatch } from '../../http/documents.js';
import type { Profile, profileBody } from '../../http/profile.js';
import type { Member, memberBody, memberPatch, Project, projectBody, projectPatch } from '../../http/projects.js';
import { Emitter } from '../emitter.js';
import { AccountApi, type AccountPort } from './account-api.js';
import { FactorsApi } from './factors-api.js';
import { HistoryApi } from './history-api.js';
import { type HttpRequest, sendHttp } from './http-request.js';
import { IdentitiesApi } from './identities-api.js';
import { InvitationsApi } from './invitations-api.js';
import { PathRulesApi } from './path-rules-api.js';
import { memorySessionStore, type SessionStore, type TokenSession } from './session-store.js';
import { SessionsApi } from './sessions-api.js';

/** Below this an access token is renewed before it is used. */
const REFRESH_BEFORE_MS = 60_000;

const RENEWABLE = new Set<ErrorCode>(['token_expired', 'invalid_token']);

export interface TandemApiOptions {
  /** Origin of the server, for example `https://tandem.example`. */
  readonly url: string;
  /** Default: in memory. */
  readonly session?: SessionStore;
  /**
   * Access tokens of another issuer that the server accepts, as for `TandemClient`; then nobody signs in here. `fresh`: the one
   * before was found expired.
   */
  readonly token?: (options: { readonly fresh: boolean }) => Promise<string>;
  readonly fetch?: typeof fetch;
}

/**
 * The REST interface, typed. Every refusal rejects with a `TandemError`; without a connection its code is
 * `unreachable`. Reading is safe to repeat.
 */
export class TandemApi {
  /** One's own account: name, e-mail address, password, export and end. */
  readonly account: AccountApi;
  /** Two-step sign-in of one's own account. */
  readonly factors: FactorsApi;
  /** What documents were, and how they come back. */
  readonly history: HistoryApi;
  /** Sign-in with identity providers. */
  readonly identities: IdentitiesApi;
  /** Invitations, links for guests, and who let whom in. */
  readonly invitations: InvitationsApi;
  /** Where in a project editors may write. */
  readonly pathRules: PathRulesApi;
  /** Where one is signed in, and the tokens that one has made for programs. */
  readonly sessions: SessionsApi;
  private readonly base: string;
  private readonly store: SessionStore;
  private readonly fetcher: typeof fetch;
  private readonly foreignToken: TandemApiOptions['token'];
  private readonly events = new Emitter<{ session: TokenSession | undefined }>();
  private current: TokenSession | undefined;
  private refreshing: Promise<string> | undefined;

  constructor(options: TandemApiOptions) {
    this.base = options.url.replace(/\/+$/, '');
    this.store = options.session ?? memorySessionStore();
    this.fetcher = options.fetch ?? ((input, init) => fetch(input, init));
    this.foreignToken = options.token;
    this.current = this.store.load();
    const port: AccountPort = {
      json: (method, path, body) => this.call(method, path, body),
      text: async (path) => (await this.authorized({ method: 'GET', path })).text(),
      open: async (method, path, body) => bodyOf(await this.send({ method, path, body })),
    };
    this.account = new AccountApi(port);
    this.factors = new FactorsApi(port);
    this.history = new HistoryApi(port);
    this.identities = new IdentitiesApi({ ...port, signIn: (path, body) => this.signIn(path, body) });
    this.invitations = new InvitationsApi(port);
    this.pathRules = new PathRulesApi(port);
    this.sessions = new SessionsApi(port);
  }

  get session(): TokenSession | undefined {
    return this.current;
  }

  /** `session`: signed in, renewed, or signed out (undefined). */
  on(event: 'session', listener: (session: TokenSession | undefined) => void): () => void {
    return this.events.on(event, listener);
  }

  /**
   * Signs in as a new account. Resolves to undefined on a server that sends mail: it answers alike whether the address has an
   * account or not, and the link in the mail goes on (`confirmRegistration`). Without mail: `email_taken`.
   */
  async register(body: z.input<typeof registerBody>): Promise<Tokens | undefined> {
    const response = await this.send({ method: 'POST', path: '/auth/register', body });
    return response.status === 202 ? undefined : this.keepTokens((await response.json()) as Tokens);
  }
  /** Makes the account that the link in the mail is for, and signs in. The password is the one of the registration. */
  confirmRegistration(body: z.input<typeof confirmRegistrationBody>): Promise<Tokens> {
    return this.signIn('/auth/register/confirm', body);
  }
  /**
   * Rejects with `second_factor_required` when the password is right and the account has a second factor: ask for its code, and
   * repeat with `code`.
   */
  login(body: z.input<typeof loginBody>): Promise<Tokens> {
    return this.signIn('/auth/login', body);
  }
  /** Signs in with the token of a printed link. */
  link(body: z.input<typeof linkBody>): Promise<LinkTokens> {
    return this.signIn('/auth/link', body);
  }

  /** Signed out here in any case; rejects when the server could not be told. */
  async logout(): Promise<void> {
    const refreshToken = this.current?.refreshToken;
    this.keep(undefined);
    if (refreshToken) await this.send({ method: 'POST', path: '/auth/logout', body: { refreshToken } });
  }

  /**
   * A valid access token; renewed when less than a minute is left, or always with `fresh`. Concurrent callers share
   * one renewal. Rejects with `unauthorized` when nobody is signed in; a session that the server no longer knows is
   * dropped.
   */
  accessToken(options: { fresh?: boolean } = {}): Promise<string> {
    if (this.foreignToken) return this.foreignToken({ fresh: options.fresh === true });
    const session = this.current;
    if (!session) return Promise.reject(new TandemError('unauthorized'));
    const left = session.expiresAt - Date.now();
    if (!options.fresh && left > REFRESH_BEFORE_MS) return Promise.resolve(session.accessToken);
    this.refreshing ??= this.refresh(session).finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  me(): Promise<User> {
    return this.call('GET', '/users/me');
  }
  profile(): Promise<Profile> {
    return this.call('GET', '/users/me/profile');
  }
  /** Replaces the whole profile. */
  saveProfile(profile: z.input<typeof profileBody>): Promise<Profile> {
    return this.call('PUT', '/users/me/profile', profile);
  }

  async projects(): Promise<Project[]> {
    return (await this.call<{ projects: Project[] }>('GET', '/projects')).projects;
  }
  project(id: string): Promise<Project> {
    return this.call('GET', `/projects/${id}`);
  }
  createProject(body: z.input<typeof projectBody>): Promise<Project> {
    return this.call('POST', '/projects', body);
  }
  updateProject(id: string, body: z.input<typeof projectPatch>): Promise<Project> {
    return this.call('PATCH', `/projects/${id}`, body);
  }
  deleteProject(id: string): Promise<void> {
    return this.call('DELETE', `/projects/${id}`);
  }

  async members(projectId: string): Promise<Member[]> {
    return (await this.call<{ members: Member[] }>('GET', `/projects/${projectId}/members`)).members;
  }
  addMember(projectId: string, body: z.input<typeof memberBody>): Promise<Member> {
    return this.call('POST', `/projects/${projectId}/members`, body);
  }
  changeMember(projectId: string, userId: string, body: z.input<typeof memberPatch>): Promise<Member> {
    return this.call('PATCH', `/projects/${projectId}/members/${userId}`, body);
  }
  removeMember(projectId: string, userId: string): Promise<void> {
    return this.call('DELETE', `/projects/${projectId}/members/${userId}`);
  }

  documents(projectId: string): Promise<DocumentList> {
    return this.call('GET', `/projects/${projectId}/documents`);
  }
  createDocument(projectId: string, body: z.input<typeof documentBody>): Promise<Document> {
    return this.call('POST', `/projects/${projectId}/documents`, body);
  }
  document(id: string): Promise<Document> {
    return this.call('GET', `/documents/${id}`);
  }
  moveDocument(id: string, body: z.input<typeof documentPatch>): Promise<Document> {
    return this.call('PATCH', `/documents/${id}`, body);
  }
  deleteDocument(id: string): Promise<void> {
    return this.call('DELETE', `/documents/${id}`);
  }
  /** The stored text of a document of kind `text`. */
  async text(id: string): Promise<string> {
    return (await this.authorized({ method: 'GET', path: `/documents/${id}/text` })).text();
  }

  /** Models that completions may be asked of. */
  async aiModels(): Promise<AiModel[]> {
    return (await this.call<{ models: AiModel[] }>('GET', '/ai/models')).models;
  }
  /** Which structs of a document hold text that was accepted from suggestions. */
  async attributions(documentId: string): Promise<Attribution[]> {
    const path = `/documents/${documentId}/attributions`;
    return (await this.call<{ attributions: Attribution[] }>('GET', path)).attributions;
  }

  private async signIn<T extends Tokens>(path: string, body: unknown): Promise<T> {
    return this.keepTokens((await (await this.send({ method: 'POST', path, body })).json()) as T);
  }

  private keepTokens<T extends Tokens>(tokens: T): T {
    this.keep(sessionOf(tokens));
    return tokens;
  }

  private refresh(session: TokenSession): Promise<string> {
    const work = async () => {
      // Another page may have renewed the session that we share with it.
      const shared = this.store.load();
      if (shared && shared.accessToken !== session.accessToken && shared.expiresAt - Date.now() > REFRESH_BEFORE_MS) {
        this.keep(shared);
        return shared.accessToken;
      }
      const { refreshToken } = shared ?? session;
      try {
        const response = await this.send({ method: 'POST', path: '/auth/refresh', body: { refreshToken } });
        const renewed = sessionOf((await response.json()) as Tokens);
        // A sign-out while we waited stays one.
        if (this.current !== undefined) this.keep(renewed);
        return renewed.accessToken;
      } catch (error) {
        if (error instanceof TandemError && error.retry === 'never') this.keep(undefined);
        throw error;
      }
    };
    return this.store.exclusive ? this.store.exclusive(work) : work();
  }

  private keep(session: TokenSession | undefined): void {
    this.current = session;
    this.store.save(session);
    this.events.emit('session', session);
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return bodyOf(await this.authorized({ method, path, body }));
  }

  /** With a token; one that the server finds expired (clocks differ) or does not know (its key was withdrawn) is renewed once. */
  private async authorized(request: HttpRequest): Promise<Response> {
    try {
      return await this.send({ ...request, token: await this.accessToken() });
    } catch (error) {
      if (!(error instanceof TandemError) || !RENEWABLE.has(error.code)) throw error;
      return this.send({ ...request, token: await this.accessToken({ fresh: true }) });
    }
  }

  private send(request: HttpRequest): Promise<Response> {
    return sendHttp(this.fetcher, this.base, request);
  }
}

async function bodyOf<T>(response: Response): Promise<T> {
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const sessionOf = ({ accessToken, refreshToken, expiresIn, user }: Tokens): TokenSession => ({
  accessToken,
  refreshToken,
  expiresAt: Date.now() + expiresIn * 1000,
  user,
});
