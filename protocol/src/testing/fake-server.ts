import type { Dial } from '../client/connection/dial.js';
import { ERRORS, TandemError } from '../errors.js';
import { DEFAULT_LIMITS, type Limits } from '../limits.js';
import type { CompletionResolve, CompletionStart } from '../wire/completion.js';
import { type BodyOf, CLIENT_EVENTS, type ClientEvent } from '../wire/events.js';
import type { HandshakeAuth } from '../wire/session.js';
import { FakeAi } from './fake-ai.js';
import { FakeConnection } from './fake-connection.js';
import { FakeDocument } from './fake-document.js';
import type { Refusal } from './refusal.js';

/**
 * The server side of the wire in memory, for tests of clients: it answers after a commit, in order, and only when the
 * test moves packets.
 */
export class FakeServer {
  readonly connections: FakeConnection[] = [];
  readonly dials: HandshakeAuth[] = [];
  /** What clients asked, in the order of arrival. */
  readonly requests: { readonly event: string; readonly body: unknown }[] = [];
  /** Its models and analyzers. */
  readonly ai = new FakeAi();
  limits: Limits = DEFAULT_LIMITS;
  /** Opens are answered in pieces of this size. */
  pieceBytes: number | undefined;
  /** Whose a token is; here it is the id of its user. */
  userOf: (token: string) => string = (token) => token;
  private readonly documents = new Map<string, FakeDocument>();
  private readonly refusals: { readonly event: string; readonly refusal: Refusal }[] = [];

  readonly dial: Dial = (_url, auth, listener) => {
    this.dials.push(auth);
    const userId = this.userOf(auth.token);
    const connection = new FakeConnection(this, userId, listener);
    this.connections.push(connection);
    const refused = this.scripted('connect');
    if (refused) connection.refuse(errorOf(refused));
    else connection.tell('server:hello', this.hello(userId));
    return connection;
  };

  document(id: string): FakeDocument {
    const found = this.documents.get(id) ?? new FakeDocument(id);
    this.documents.set(id, found);
    return found;
  }

  /** The next `event` (or `connect`) is refused; several are used up in order. */
  refuseNext(event: ClientEvent | 'connect', refusal: Refusal): void {
    this.refusals.push({ event, refusal });
  }

  refusal(refusal: Refusal): object {
    const { code, message, retry, details, retryAfterMs } = errorOf(refusal);
    return { ok: false, error: { code, message, retry, details, retryAfterMs } };
  }

  receive(from: FakeConnection, event: string, body: unknown, answer: (answer: object) => void): void {
    const refused = this.scripted(event);
    if (refused) {
      answer(this.refusal(refused));
      return;
    }
    const schema = CLIENT_EVENTS[event as ClientEvent];
    const parsed = schema?.body.safeParse(body);
    if (!parsed?.success) {
      answer(this.refusal({ code: schema ? 'bad_request' : 'unknown_message' }));
      return;
    }
    this.handle(from, event as ClientEvent, parsed.data as never, answer);
  }

  left(connection: FakeConnection): void {
    for (const document of this.documents.values()) document.leave(connection);
  }

  commit(): void {
    for (const document of this.documents.values()) document.commit();
    this.ai.committed();
  }

  /** `kill -9`: what was not committed is gone, and every connection with it. */
  crash(): void {
    for (const document of this.documents.values()) document.crash();
    for (const connection of this.connections) connection.cut(connection.toServerCount);
  }

  /** Moves packets and commits until nothing is left to do. Promises of the client run in between. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      await breathe();
      let moved = false;
      for (const connection of [...this.connections]) {
        while (connection.deliverToServer()) moved = true;
        this.commit();
        while (connection.deliverToClient()) moved = true;
      }
      quiet = moved ? 0 : quiet + 1;
    }
  }

  private hello(userId: string): object {
    return { node: 'fake', protocol: 1, limits: this.limits, now: 0, userId };
  }

  private scripted(event: string): Refusal | undefined {
    const i = this.refusals.findIndex((entry) => entry.event === event);
    return i < 0 ? undefined : this.refusals.splice(i, 1)[0]!.refusal;
  }

  private handle(from: FakeConnection, event: ClientEvent, body: never, answer: (answer: object) => void): void {
    const ok = (value: object) => answer({ ok: true, ...value });
    const refuse = (refusal: Refusal) => answer(this.refusal(refusal));
    const { documentId } = body as { documentId: string };
    switch (event) {
      case 'document:open': {
        const opened = this.document(documentId).open(from, body);
        if ('code' in opened) {
          refuse(opened);
          break;
        }
        ok({ ...opened.answer, completions: this.ai.standingIn(this.document(documentId)) });
        const pieces = opened.pieces.length;
        for (const [piece, bytes] of opened.pieces.entries()) {
          from.tell('document:piece', { documentId, piece, pieces, bytes });
        }
        break;
      }
      case 'document:update': {
        const settle = (value: object) => ('ok' in value ? answer(value) : ok(value));
        const refused = this.document(documentId).update(from, body, settle);
        if (refused) refuse(refused);
        break;
      }
      case 'document:close':
        this.document(documentId).leave(from);
        ok({});
        break;
      case 'awareness:update':
        this.document(documentId).awareness(from, (body as { update: Uint8Array }).update);
        break;
      case 'completion:start':
        this.complete(from, body, answer);
        break;
      case 'completion:cancel':
      case 'completion:resume':
      case 'completion:resolve':
        if (this.aboutCompletion(from, event, body)) ok({});
        else refuse({ code: 'not_found' });
        break;
      case 'analysis:start':
        ok({ runId: this.ai.startRun() });
        break;
      case 'project:open':
        ok({ role: 'editor', documents: [] });
        break;
      case 'project:close':
        ok({});
        break;
      case 'session:renew':
        ok({ expiresAt: 0 });
    }
  }

  private complete(from: FakeConnection, body: CompletionStart, answer: (answer: object) => void): void {
    const document = this.document(body.documentId);
    if (!document.sessions.has(from)) {
      answer(this.refusal({ code: 'not_open' }));
      return;
    }
    const completion = this.ai.start(document, from, body);
    answer({ ok: true, completionId: completion.completionId });
    completion.begin();
  }

  /** False for one that is unknown or over. */
  private aboutCompletion(
    from: FakeConnection,
    event: ClientEvent,
    body: BodyOf<'completion:resume'> & CompletionResolve,
  ): boolean {
    const completion = this.ai.find(body.completionId);
    if (event === 'completion:cancel') completion?.done('cancelled');
    if (event === 'completion:resume') completion?.resume(from, body.attempt, body.index);
    if (event === 'completion:resolve') completion?.resolve(from, body);
    return completion !== undefined;
  }
}

const errorOf = ({ code, details, retryAfterMs }: Refusal) =>
  new TandemError(code, ERRORS[code].message, details, retryAfterMs);

/** Lets promises and microtasks run; one turn of the event loop, no time. */
export const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
