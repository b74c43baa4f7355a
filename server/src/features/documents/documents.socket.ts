import {
  type BodyOf,
  type DocumentOpenAnswer,
  type DocumentUpdateAnswer,
  type Limits,
  type Provenance,
  type ResultOf,
  TandemError,
} from '@tandem/protocol';
import { can } from '../../core/access/permissions.js';
import type { OpenRequest, Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import { decodeStateVector, type StateVector } from '../../core/document/update/state-vector.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, type Later, SocketFeature } from '../../platform/sockets/socket-feature.js';
import type { DocumentCompanions } from './document-companions.js';
import { DocumentLane } from './document-lane.js';
import type { EditingFlow, PendingEdits } from './editing-flow.js';
import { PieceSender } from './piece-sender.js';
import type { RoomHost } from './room-host.js';
import { checkStateVector } from './told-state.js';
import { UploadBudget, Uploads } from './uploads.js';

type Nothing = ResultOf<'document:close'>;

/** Its state vector is expanded when it is its turn. */
type Asked = OpenRequest & { readonly instance?: string | undefined; stateVector?: StateVector | undefined };

/** One document of one connection. */
interface OpenDocument {
  readonly lane: DocumentLane;
  readonly uploads: Uploads;
  joined: { readonly room: Room; readonly session: RoomSession } | undefined;
  /** The rest of a large answer to the open. */
  pieces: PieceSender | undefined;
}

/** `document:*` and `awareness:update`: what an editor sends about the documents that it has open. */
export class DocumentsSocket extends SocketFeature {
  private readonly open = new Map<Connection, Map<string, OpenDocument>>();

  constructor(
    private readonly host: RoomHost,
    private readonly limits: Limits,
    private readonly companions: DocumentCompanions,
    private readonly flow: EditingFlow,
  ) {
    super();
  }

  override connect(connection: Connection): Handlers {
    const documents = new Map<string, OpenDocument>();
    this.open.set(connection, documents);
    connection.onDrain(() => {
      for (const document of documents.values()) this.drained(document);
    });
    const pending = this.flow.of(connection);
    const budget = new UploadBudget(this.limits.maxUploadBytes, connection.userId);
    return {
      'document:open': (body) => {
        const document = this.documentOf(documents, body.documentId, budget);
        return document.lane.run(() => this.join(connection, documents, document, body));
      },
      'document:update': (body) => this.update(documents.get(body.documentId), body, pending),
      'document:close': (body) => this.close(documents, body.documentId),
      'awareness:update': (body) => this.moveCursor(documents.get(body.documentId), body.update),
    };
  }

  override disconnect(connection: Connection): void {
    const documents = this.open.get(connection);
    this.open.delete(connection);
    this.flow.opens.forget(connection);
    for (const document of documents?.values() ?? []) this.leave(document);
  }

  private documentOf(documents: Map<string, OpenDocument>, documentId: string, budget: UploadBudget): OpenDocument {
    let document = documents.get(documentId);
    if (!document) {
      const limit = this.limits.maxOpenDocuments;
      if (documents.size >= limit) throw new TandemError('too_large', 'Too many open documents', { limit });
      document = {
        lane: new DocumentLane(),
        uploads: new Uploads(this.limits, budget, this.flow.uploads),
        joined: undefined,
        pieces: undefined,
      };
      documents.set(documentId, document);
    }
    return document;
  }

  private async join(
    connection: Connection,
    documents: Map<string, OpenDocument>,
    document: OpenDocument,
    body: BodyOf<'document:open'>,
  ): Promise<DocumentOpenAnswer> {
    const { documentId, clientId, instance, seq, epoch } = body;
    // A close that was sent before it may have removed the document meanwhile.
    if (!documents.has(documentId)) documents.set(documentId, document);
    if (body.stateVector) checkStateVector(body.stateVector);
    const request: Asked = { clientId, instance, seq, epoch };
    // A second open is a fresh start of the same editor.
    this.leave(document);
    let prepared: Room | undefined;
    let leaveQueue: (() => void) | undefined;
    const isWanted = () => connection.socket.connected && documents.get(documentId) === document;
    try {
      leaveQueue = await this.flow.opens.enter(connection);
      const joined = await this.host.open(connection.peer, connection.identity, documentId, request, async (room) => {
        // The room was replaced while this one was on the way in.
        if (prepared && prepared !== room) this.companions.current.left(prepared, undefined);
        const isNew = prepared !== room;
        prepared = room;
        if (isNew) await this.companions.current.opening(room);
        // Who reads slowly keeps nobody waiting.
        leaveQueue?.();
        await connection.hasRoom();
        // Its editor may be back already, on a connection that this one must not take over from.
        if (!isWanted()) throw new TandemError('not_open');
        request.stateVector ??= body.stateVector && decodeStateVector(body.stateVector);
      });
      // The socket, or the document, may have been closed while the room was loading.
      if (!isWanted()) {
        this.host.leave(joined.room, joined.session);
        throw new TandemError('not_open');
      }
      document.joined = joined;
      const { room, session } = joined;
      const completions = this.companions.current.opened(room, session);
      const answer = {
        stateVector: joined.stateVector,
        seq: joined.seq,
        epoch: room.epoch,
        role: session.role,
        kind: room.kind,
        ...(joined.awareness ? { awareness: joined.awareness } : {}),
        ...(completions.length > 0 ? { completions } : {}),
        ...(joined.damaged ? { damaged: { clientIds: [...joined.damaged.clientIds] } } : {}),
      };
      if (joined.update.length <= PieceSender.threshold) return { update: joined.update, ...answer };
      // Edits that come meanwhile wait behind the pieces and follow them as one.
      session.isLagging = true;
      document.pieces = new PieceSender(connection, documentId, joined.update, session, () => this.drained(document));
      return { pieces: document.pieces.count, ...answer };
    } catch (error) {
      if (prepared) this.companions.current.left(prepared, undefined);
      if (!document.joined && documents.get(documentId) === document) documents.delete(documentId);
      throw error;
    } finally {
      leaveQueue?.();
    }
  }

  /** Answered after the commit, and without a promise: this is the path of every edit. */
  private update(
    document: OpenDocument | undefined,
    body: BodyOf<'document:update'>,
    pending: PendingEdits,
  ): Later<'document:update'> {
    if (!document) throw new TandemError('not_open');
    return (reply) => {
      // What waits counts against the connection: the body at once, a joined upload as a whole.
      let cost = 0;
      const count = (more: number) => {
        cost += more;
        pending.add(more, document.joined?.room);
      };
      const answer: typeof reply = (outcome) => {
        pending.remove(cost, document.joined?.room);
        reply(outcome);
      };
      count(pending.cost(body.update));
      try {
        const run = document.lane.run(() => this.edit(document, body, count, answer));
        if (run instanceof Promise) run.catch((error: Error) => answer(error));
      } catch (error) {
        answer(error as Error);
      }
    };
  }

  private edit(
    document: OpenDocument,
    body: BodyOf<'document:update'>,
    count: (more: number) => void,
    answer: (outcome: DocumentUpdateAnswer | Error) => void,
  ): Promise<void> | void {
    // Before a part is kept: nobody would give up those of a document that could not be opened.
    if (!document.joined) throw new TandemError('not_open');
    const { room, session } = document.joined;
    if (body.uploadId !== undefined && !can(session.role, 'document.write')) {
      document.uploads.abandon();
      throw new TandemError('forbidden');
    }
    const update = document.uploads.take(body);
    if (!update) return answer({});
    count(update.length - body.update.length);
    const { resync, provenance } = body;
    const edit = (origin: Provenance | undefined) =>
      this.host.edit(room, session, update, { resync, provenance: origin }, (outcome) => {
        if (outcome instanceof TandemError) return answer(outcome);
        if (origin && outcome.stored) this.companions.current.attributed(origin);
        answer(outcome.stored ? { seq: outcome.seq } : { seq: outcome.seq, stored: false });
      });
    if (!provenance) return edit(undefined);
    const origin = this.companions.current.attribute(room, session, update, provenance);
    return origin instanceof Promise ? origin.then(edit) : edit(origin);
  }

  private close(documents: Map<string, OpenDocument>, documentId: string): Nothing | Promise<Nothing> {
    const document = documents.get(documentId);
    if (!document) return {};
    // Behind the edits that were sent before it.
    return document.lane.run(() => {
      if (documents.get(documentId) === document) documents.delete(documentId);
      this.leave(document);
      return {};
    });
  }

  private moveCursor(document: OpenDocument | undefined, update: Uint8Array): Nothing | Promise<Nothing> {
    if (!document) throw new TandemError('not_open');
    // Judged before it may have to wait: a lane must not fill with what is refused anyway.
    const limit = this.limits.maxAwarenessBytes;
    if (update.length > limit * 16) throw new TandemError('too_large', undefined, { limit });
    return document.lane.run(() => {
      if (!document.joined) throw new TandemError('not_open');
      const { room, session } = document.joined;
      const moved = this.host.moveCursor(room, session, update, performance.now());
      return moved instanceof Promise ? moved.then(() => ({})) : {};
    });
  }

  private drained(document: OpenDocument): void {
    const { joined, pieces } = document;
    if (!joined || pieces?.send() === 'more') return;
    document.pieces = undefined;
    this.host.drained(joined.room, joined.session);
  }

  private leave(document: OpenDocument): void {
    document.pieces?.cancel();
    document.uploads.abandon();
    document.pieces = undefined;
    if (!document.joined) return;
    const { room, session } = document.joined;
    this.host.leave(room, session);
    this.companions.current.left(room, session);
    document.joined = undefined;
  }
}
