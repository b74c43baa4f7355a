import type { z } from 'zod';
import { TandemError } from '../../errors.js';
import type { AiModel, Attribution } from '../../http/ai.js';
import type { LinkTokens, linkBody, loginBody, registerBody, Tokens, User } from '../../http/auth.js';
import type { Document, DocumentList, documentBody, documentPatch } from '../../http/documents.js';
import type { Profile, profileBody } from '../../http/profile.js';
import type { Member, memberBody, memberPatch, Project, projectBody, projectPatch } from '../../http/projects.js';
import { Emitter } from '../emitter.js';
import { type HttpRequest, sendHttp } from './http-request.js';
import { memorySessionStore, type SessionStore, type TokenSession } from './session-store.js';

/** Below this an access token is renewed before it is used. */
const REFRESH_BEFORE_MS = 60_000;

export interface TandemApiOptions {
  /** Origin of the server, for example `https://tandem.example`. */
  readonly url: string;
  /** Default: in memory. */
  readonly session?: SessionStore;
  readonly fetch?: typeof fetch;
}

/**
 * The REST interface, typed. Every refusal rejects with a `TandemError`; without a connection its code is
 * `unreachable`. Reading is safe to repeat.
 */
export class TandemApi {
  private readonly base: string;
  private readonly store: SessionStore;
  private readonly fetcher: typeof fetch;
  private readonly events = new Emitter<{ session: TokenSession | undefined }>();
  private current: TokenSession | undefined;
  private refreshing: Promise<string> | undefined;

  constructor(options: TandemApiOptions) {
    this.base = options.url.replace(/\/+$/, '');
    this.store = options.session ?? memorySessionStore();
    this.fetcher = options.fetch ?? ((input, init) => fetch(input, init));
    this.current = this.store.load();
  }

  get session(): TokenSession | undefined {
    return this.current;
  }

  /** `session`: signed in, renewed, or signed out (undefined). */
  on(event: 'session', listener: (session: TokenSession | undefined) => void): () => void {
    return this.events.on(event, listener);
  }

  register(body: z.input<typeof registerBody>): Promise<Tokens> {
    return this.signIn('/auth/register', body);
  }
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
    const tokens = (await (await this.send({ method: 'POST', path, body })).json()) as T;
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
    const response = await this.authorized({ method, path, body });
    return (response.status === 204 ? undefined : await response.json()) as T;
  }

  /** With a token; one that the server finds expired (clocks differ) is renewed once. */
  private async authorized(request: HttpRequest): Promise<Response> {
    try {
      return await this.send({ ...request, token: await this.accessToken() });
    } catch (error) {
      if (!(error instanceof TandemError) || error.code !== 'token_expired') throw error;
      return this.send({ ...request, token: await this.accessToken({ fresh: true }) });
    }
  }

  private send(request: HttpRequest): Promise<Response> {
    return sendHttp(this.fetcher, this.base, request);
  }
}

const sessionOf = ({ accessToken, refreshToken, expiresIn, user }: Tokens): TokenSession => ({
  accessToken,
  refreshToken,
  expiresAt: Date.now() + expiresIn * 1000,
  user,
});
