import { type DocumentKind, type Role, TandemError } from '@tandem/protocol';
import { document, linkTokens, project, type Tokens, tokens } from '@tandem/protocol/http';
import { Client } from 'pg';
import type { Server } from 'socket.io';
import type WebSocket from 'ws';
import type { AppConfig } from '../../src/config/app-config.js';
import { UpdateLog } from '../../src/core/document/update-log.js';
import { RoomEngine } from '../../src/features/documents/room-engine.js';
import { SocketsGateway } from '../../src/platform/sockets/sockets.gateway.js';
import { eventually } from '../../src/testing/eventually.js';
import { TestApp, type TestSettings } from '../../src/testing/test-app.js';
import { PlainClient } from './plain-client.js';
import { type StoredUpdate, storedUpdates } from './stored-updates.js';

export interface Person extends Tokens {
  readonly email: string;
}

export interface Shared {
  readonly projectId: string;
  readonly documentId: string;
}

const PASSWORD = 'correct horse battery staple';
let people = 0;

/** The whole server over a database of its own, people who registered over REST, and their stock clients. */
export class SyncWorld {
  private readonly clients: PlainClient[] = [];
  private readonly held = new Set<Client>();

  private constructor(
    readonly server: TestApp,
    readonly sql: Client,
  ) {}

  /** `secret`: of another node over the same database. */
  static async start(settings: TestSettings = {}, secret?: string): Promise<SyncWorld> {
    // Linters beside every edit would only take its time.
    const ai: AppConfig['ai'] = { worker: 'inline', analysis: 'request' };
    const server = await TestApp.start({ logLevel: 'info', ai, ...settings }, secret);
    const sql = new Client({ connectionString: server.databaseUrl });
    await sql.connect();
    return new SyncWorld(server, sql);
  }

  get engine(): RoomEngine {
    return this.server.app.get(RoomEngine, { strict: false });
  }

  async person(displayName = 'Ada'): Promise<Person> {
    const email = `person-${++people}@example.org`;
    const body = { email, password: PASSWORD, displayName };
    return { ...tokens.parse(await this.rest(undefined, 'POST', '/auth/register', body)), email };
  }

  /** Another sign-in of the same person. */
  async signInAgain({ email }: Person): Promise<Tokens> {
    return tokens.parse(await this.rest(undefined, 'POST', '/auth/login', { email, password: PASSWORD }));
  }

  async guest(token: string): Promise<Tokens & { documentId?: string | undefined }> {
    return linkTokens.parse(await this.rest(undefined, 'POST', '/auth/link', { token }));
  }

  /** A project of `owner` with one document and further members. */
  async share(
    owner: Tokens,
    members: readonly (readonly [Person, Role])[] = [],
    body: { kind?: DocumentKind; text?: string } = {},
  ): Promise<Shared> {
    const { id } = project.parse(await this.rest(owner, 'POST', '/projects', { name: 'Apollo' }));
    for (const [{ email }, role] of members) await this.rest(owner, 'POST', `/projects/${id}/members`, { email, role });
    return { projectId: id, documentId: await this.addDocument(owner, id, body) };
  }

  async addDocument(
    owner: Tokens,
    projectId: string,
    body: { kind?: DocumentKind; text?: string; path?: string } = {},
  ): Promise<string> {
    const path = `src/file-${++people}.ts`;
    return document.parse(await this.rest(owner, 'POST', `/projects/${projectId}/documents`, { path, ...body })).id;
  }

  /** Rejects with the refusal. Resolves to the JSON of the answer, or to its text. */
  async rest(person: Tokens | undefined, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.server.request(method, `/api/v1${path}`, {
      body,
      ...(person ? { token: person.accessToken } : {}),
    });
    if (answer.status >= 400) throw new TandemError(answer.json<{ code: TandemError['code'] }>().code);
    return answer.headers.get('content-type')?.includes('json') ? answer.json() : answer.text;
  }

  /** Signed in, and greeted. */
  async connect(person: Tokens): Promise<PlainClient> {
    const client = this.dial({ token: person.accessToken, protocol: 1 });
    await client.greeted();
    return client;
  }

  /** On its way, with any handshake. */
  dial(auth: Record<string, unknown>, headers: Record<string, string> = {}): PlainClient {
    const client = new PlainClient(this.server.url, auth, headers);
    this.clients.push(client);
    return client;
  }

  /** Breaks the connections of a person as a network does: without a word. */
  cutConnections({ user }: Person): void {
    const gateway = this.server.app.get(SocketsGateway, { strict: false }) as unknown as { server: Server };
    for (const socket of gateway.server.sockets.sockets.values()) {
      const { claims } = socket.data as { claims: { userId: string } };
      const { transport } = socket.conn as unknown as { transport: { socket?: WebSocket } };
      if (claims.userId === user.id) transport.socket?.terminate();
    }
  }

  /** What the log holds of the document, in order. */
  rows(documentId: string): Promise<StoredUpdate[]> {
    return storedUpdates(this.sql, documentId);
  }

  async count(table: 'document_updates' | 'document_clients' | 'document_snapshots', documentId: string) {
    const { rows } = await this.sql.query(`SELECT count(*)::int AS n FROM ${table} WHERE document_id = $1`, [
      documentId,
    ]);
    return (rows[0] as { n: number }).n;
  }

  /** Resolves when so many editors are in the room. */
  roomHas(documentId: string, sessions: number): Promise<void> {
    return eventually(
      `${sessions} sessions are in the document`,
      () => this.engine.rooms.get(documentId)?.sessions.size === sessions,
    );
  }

  /** Keeps every commit of the document waiting until the answered function is called; `work` happens before. */
  async holdAppends(documentId: string, work?: (sql: Client) => Promise<unknown>): Promise<() => Promise<void>> {
    const sql = new Client({ connectionString: this.server.databaseUrl });
    await sql.connect();
    await sql.query('BEGIN');
    await sql.query('SELECT 1 FROM documents WHERE id = $1 FOR NO KEY UPDATE', [documentId]);
    this.held.add(sql);
    return async () => {
      await work?.(sql);
      await sql.query('COMMIT');
      this.held.delete(sql);
      await sql.end();
    };
  }

  /** Resolves when so many statements of the server wait for a lock. */
  appendWaits(count = 1): Promise<void> {
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    return eventually(`${count} wait for a lock`, async () => (await this.sql.query(waiting)).rowCount! >= count);
  }

  /** Puts updates into the log without a socket: what would take minutes to type. Nobody may have the document open. */
  async store(documentId: string, { user }: Tokens, updates: readonly Uint8Array[]): Promise<void> {
    const log = this.server.app.get(UpdateLog, { strict: false });
    const { epoch, accessVersion } = (await log.load(documentId))!;
    for (let from = 0; from < updates.length; from += 4096) {
      const rows = updates.slice(from, from + 4096).map((bytes) => ({ userId: user.id, bytes, provenance: undefined }));
      const [result] = await log.append([{ documentId, epoch, accessVersion, rows }], 0);
      if (result?.type !== 'stored') throw new Error(`not stored: ${result?.type}`);
    }
    this.forget(documentId);
  }

  /** Makes the next open read the log: the server forgets what it has of the document, as if it had restarted. */
  forget(documentId: string): void {
    const room = this.engine.rooms.get(documentId);
    if (!room) return;
    if (room.sessions.size > 0 || !room.overlay.isEmpty) throw new Error('somebody is in the document');
    this.engine.rooms.evict(room);
  }

  /** For `afterEach`. */
  async hangUp(): Promise<void> {
    for (const client of this.clients.splice(0)) client.disconnect();
    // A test that failed half-way must not keep the next ones waiting.
    await Promise.all([...this.held].map((sql) => sql.end()));
    this.held.clear();
  }

  async stop(): Promise<void> {
    await this.hangUp();
    await this.sql.end();
    await this.server.stop();
  }
}
