import type * as Y from 'yjs';
import { TandemError } from '../errors.js';
import { DEFAULT_LIMITS } from '../limits.js';
import type { AnalysisResultEvent } from '../wire/analysis.js';
import type { AiUnavailableEvent, CompletionClosedEvent, CompletionStartedEvent } from '../wire/completion.js';
import type { ClientEvent, EventOf, RequestOf, ResultOf, ServerEvent } from '../wire/events.js';
import type { ProjectEvent, ProjectOpenAnswer } from '../wire/project.js';
import type { ServerHello } from '../wire/session.js';
import type { AnalysisRun } from './ai/analysis-run.js';
import { AnalysisRuns } from './ai/analysis-runs.js';
import { type Clock, systemClock } from './clock.js';
import { fromWire } from './connection/binary.js';
import { type ClientStatus, Connection } from './connection/connection.js';
import type { Dial } from './connection/dial.js';
import { Identity, type TokenSource } from './connection/identity.js';
import { OpenProjects } from './connection/open-projects.js';
import { socketIoDial } from './connection/socket-io-dial.js';
import type { DocumentLink, Outcome } from './document/document-link.js';
import { DocumentProvider } from './document/document-provider.js';
import { Emitter } from './emitter.js';
import { IndexedDbOutbox } from './outbox/indexeddb-outbox.js';
import { MemoryOutbox } from './outbox/memory-outbox.js';
import type { OutboxStore } from './outbox/outbox-store.js';

export type { ClientStatus } from './connection/connection.js';

export interface TandemClientOptions {
  /** Address of the server, for example `https://tandem.example`. */
  readonly url: string;
  /** `(options) => api.accessToken(options)`, or one fixed token. */
  readonly token: TokenSource;
  /**
   * Who is signed in, as far as the application knows: `api.session?.user.id`. What is typed before the first
   * connection is put away under it; without it, under the `sub` of the access token. A server that greets somebody
   * else ends the client.
   */
  readonly userId?: string;
  /** Default: IndexedDB where there is one, else memory. */
  readonly outbox?: OutboxStore;
  /** From 0 to below 1, for the jitter of reconnects and repeats. */
  readonly random?: () => number;
  /** How a connection is made; default: Socket.IO. */
  readonly dial?: Dial;
  readonly clock?: Clock;
}

export interface ClientEvents {
  status: ClientStatus;
  hello: ServerHello;
  /** A project was opened, or opened again after a reconnect: what it is now. */
  'project-opened': { readonly projectId: string } & ProjectOpenAnswer;
  project: ProjectEvent;
  'session-expiring': EventOf<'session:expiring'>;
  'session-closed': EventOf<'session:closed'>;
  drain: EventOf<'server:drain'>;
  /** Somebody asked for a suggestion, in any document of an open project. */
  'completion-started': CompletionStartedEvent;
  /** A suggestion is over; an accepted one tells the structs that hold its text. */
  'completion-closed': CompletionClosedEvent;
  /** What an analyzer found, in any document of an open project. */
  analysis: AnalysisResultEvent;
  'ai-unavailable': AiUnavailableEvent;
  error: TandemError;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Events of the server that the application hears as they are. */
const TOLD_AS: { readonly [E in ServerEvent]?: keyof ClientEvents } = {
  'project:event': 'project',
  'session:expiring': 'session-expiring',
  'session:closed': 'session-closed',
  'server:drain': 'drain',
  'completion:started': 'completion-started',
  'completion:closed': 'completion-closed',
  'analysis:result': 'analysis',
  'ai:unavailable': 'ai-unavailable',
};

const unreachable = () => new TandemError('unreachable', 'There is no connection');

/** One connection to a Tandem server, over which projects and documents are opened. Serves one user. */
export class TandemClient {
  private readonly events = new Emitter<ClientEvents>();
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly identity: Identity;
  private readonly connection: Connection;
  private readonly outbox: OutboxStore;
  private readonly fallbackOutbox = new MemoryOutbox();
  private readonly projects: OpenProjects;
  private readonly documents = new Map<string, DocumentProvider>();
  private readonly runs = new AnalysisRuns();
  private readonly link: DocumentLink;

  constructor(private readonly options: TandemClientOptions) {
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? Math.random;
    this.outbox = options.outbox ?? (globalThis.indexedDB ? new IndexedDbOutbox() : this.fallbackOutbox);
    const { token, userId } = options;
    this.identity = new Identity({ token, userId, clock: this.clock });
    this.connection = new Connection({
      url: options.url,
      identity: this.identity,
      dial: options.dial ?? socketIoDial,
      clock: this.clock,
      random: this.random,
    });
    this.projects = new OpenProjects(
      (projectId, answered) => this.connection.request('project:open', { projectId }, answered),
      {
        opened: (projectId, answer) => this.events.emit('project-opened', { projectId, ...answer }),
        refused: (_projectId, error) => this.events.emit('error', error),
      },
      (ms, callback) => this.clock.after(ms, callback),
      this.random,
    );
    this.link = this.documentLink();
    this.connection.on('status', (status) => this.events.emit('status', status));
    this.connection.on('error', (error) => this.events.emit('error', error));
    this.connection.on('hello', (hello) => this.onHello(hello));
    this.connection.on('lost', () => {
      for (const provider of this.documents.values()) provider.disconnected();
      this.runs.lost(unreachable());
    });
    this.connection.on('event', ({ name, body }) => this.onEvent(name, body));
  }

  get status(): ClientStatus {
    return this.connection.status;
  }
  /** What the server said first on the last connection. */
  get hello(): ServerHello | undefined {
    return this.connection.hello;
  }
  get lastError(): TandemError | undefined {
    return this.connection.lastError;
  }
  /** Open documents with edits that are not acknowledged: ask before the page is left when above zero. */
  get unsaved(): number {
    return [...this.documents.values()].filter((provider) => !provider.saved).length;
  }

  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** Resolves at the first `server:hello`; keeps trying until then. Rejects only with a refusal that is final. */
  connect(): Promise<void> {
    this.connection.start();
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (this.status === 'online') resolve();
        else if (this.status === 'closed') reject(this.lastError ?? new TandemError('unreachable', 'Closed'));
        else return;
        stop();
      };
      const stop = this.connection.on('status', settle);
      globalThis.addEventListener?.('online', this.onNetwork);
      settle();
    });
  }

  /** Ends the connection and every document; what is unsaved stays in the outbox (see `DocumentProvider.destroy`). */
  async close(): Promise<void> {
    globalThis.removeEventListener?.('online', this.onNetwork);
    this.projects.closeAll();
    await Promise.all([...this.documents.values()].map((provider) => provider.destroy()));
    this.connection.close();
  }

  /**
   * From now on `project` events come, also after reconnects. Without a connection it waits for one; rejects with a
   * refusal that is final.
   */
  openProject(projectId: string): Promise<ProjectOpenAnswer> {
    return this.projects.open(projectId);
  }

  async closeProject(projectId: string): Promise<void> {
    this.projects.close(projectId);
    if (this.status === 'online') await this.request('project:close', { projectId });
  }

  /** One provider for each document: throws when it is open already and not destroyed. */
  openDocument(documentId: string, options: { doc?: Y.Doc; awareness?: boolean } = {}): DocumentProvider {
    if (this.documents.has(documentId)) throw new Error(`Document ${documentId} is open; destroy its provider first`);
    const provider = new DocumentProvider(documentId, this.link, options);
    this.documents.set(documentId, provider);
    if (this.status === 'online') provider.connected();
    return provider;
  }

  /**
   * Looks at a document, or at a whole project. Resolves when the run is queued; rejects with the refusal, or with
   * `unreachable`. A repeat starts another run.
   */
  analyze(target: { readonly documentId: string } | { readonly projectId: string }): Promise<AnalysisRun> {
    // By a callback, not by the promise of `request`: progress that comes with the answer must find its run.
    return this.runs.start((answered) => this.connection.request('analysis:start', target, answered), unreachable);
  }

  /**
   * Low level: sends one request. Rejects with the refusal, or with `unreachable` when there is no connection, it is
   * lost, or no answer comes within `timeoutMs` (30,000); the server may have carried it out all the same.
   */
  request<E extends ClientEvent>(
    event: E,
    body: RequestOf<E>,
    { timeoutMs = REQUEST_TIMEOUT_MS }: { timeoutMs?: number } = {},
  ): Promise<ResultOf<E>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        stop();
        reject(new TandemError('unreachable', why));
      };
      const stops = [
        this.connection.on('lost', () => fail('The connection was lost')),
        this.clock.after(timeoutMs, () => fail(`No answer within ${timeoutMs} ms`)),
      ];
      const stop = () => {
        for (const end of stops) end();
      };
      const sent = this.connection.request(event, body, (outcome: Outcome<ResultOf<E>>) => {
        stop();
        if (outcome.ok) resolve(outcome.value);
        else reject(outcome.error);
      });
      if (!sent) fail('There is no connection');
    });
  }

  private readonly onNetwork = () => this.connection.start();

  private onHello(hello: ServerHello): void {
    this.events.emit('hello', hello);
    this.projects.connected();
    for (const provider of this.documents.values()) provider.connected();
  }

  private onEvent(name: ServerEvent, body: never): void {
    const told = TOLD_AS[name];
    if (told) this.events.emit(told, body);
    switch (name) {
      case 'session:expiring':
        void this.connection.renew();
        break;
      case 'server:error':
        this.events.emit('error', fromWire((body as EventOf<'server:error'>).error));
        break;
      case 'analysis:progress':
        this.runs.told(body);
        break;
      default: {
        const { documentId } = body as { documentId?: string };
        if (documentId !== undefined) this.documents.get(documentId)?.receive(name, body);
      }
    }
  }

  private documentLink(): DocumentLink {
    const report = (error: unknown) =>
      this.events.emit(
        'error',
        error instanceof TandemError
          ? error
          : Object.assign(new TandemError('internal', String(error)), { cause: error }),
      );
    const client = this;
    return {
      clock: this.clock,
      random: this.random,
      get limits() {
        return client.hello?.limits ?? DEFAULT_LIMITS;
      },
      request: (event, body, answered) => {
        this.connection.request(event, body, answered);
      },
      sendAwareness: (documentId, update) => {
        this.connection.request('awareness:update', { documentId, update });
      },
      openLane: async (documentId) => {
        void this.identity.lookUp();
        const userId = this.identity.userId ?? (await this.identity.whenKnown());
        const key = { server: this.options.url, userId, documentId };
        try {
          return await this.outbox.open(key);
        } catch (error) {
          report(error);
          return this.fallbackOutbox.open(key);
        }
      },
      knowsUser: async () => (await this.identity.lookUp()) !== undefined,
      report,
      released: (documentId) => this.documents.delete(documentId),
    };
  }
}
