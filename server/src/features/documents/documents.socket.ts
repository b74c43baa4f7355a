import {
  type BodyOf,
  type DocumentOpenAnswer,
  type DocumentUpdateAnswer,
  type Limits,
  type Provenance,
  type ResultOf,
  TandemError,
} from '@tandem/protocol';
import type { Room } from '../../core/document/room/room.js';
import type { RoomSession } from '../../core/document/room/room-session.js';
import { decodeStateVector } from '../../core/document/update/state-vector.js';
import type { Connection } from '../../platform/sockets/connection.js';
import { type Handlers, SocketFeature } from '../../platform/sockets/socket-feature.js';
import type { DocumentCompanions } from './document-companions.js';
import { DocumentLane } from './document-lane.js';
import { PieceSender } from './piece-sender.js';
import type { RoomHost } from './room-host.js';
import { UploadBudget, Uploads } from './uploads.js';

/** Edits of one connection that wait for their commit; beyond it the socket is not read. */
const MAX_PENDING_BYTES = 1024 * 1024;

type Nothing = ResultOf<'document:close'>;

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
  ) {
    super();
  }

  override connect(connection: Connection): Handlers {
    const documents = new Map<string, OpenDocument>();
    this.open.set(connection, documents);
    connection.onDrain(() => {
      for (const document of documents.values()) this.drained(document);
    });
    const pending = { bytes: 0 };
    const budget = new UploadBudget(this.limits.maxUploadBytes);
    return {
      'document:open': (body) => {
        const document = this.documentOf(documents, body.documentId, budget);
        return document.lane.run(() => this.join(connection, documents, document, body));
      },
      'document:update': (body) => this.update(connection, documents.get(body.documentId), body, pending),
      'document:close': (body) => this.close(documents, body.documentId),
      'awareness:update': (body) => this.moveCursor(documents.get(body.documentId), body.update),
    };
  }

  override disconnect(connection: Connection): void {
    const documents = this.open.get(connection);
    this.open.delete(connection);
    for (const document of documents?.values() ?? []) this.leave(document);
  }

  private documentOf(documents: Map<string, OpenDocument>, documentId: string, budget: UploadBudget): OpenDocument {
    let document = documents.get(documentId);
    if (!document) {
      const limit = this.limits.maxOpenDocuments;
      if (documents.size >= limit) throw new TandemError('too_large', 'Too many open documents', { limit });
      document = {
        lane: new DocumentLane(),
        uploads: new Uploads(this.limits, budget),
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
    const stateVector = body.stateVector && decodeStateVector(body.stateVector);
    if (body.stateVector && !stateVector) throw new TandemError('malformed_update', 'Not a state vector');
    // A second open is a fresh start of the same editor.
    this.leave(document);
    let prepared: Room | undefined;
    try {
      const joined = await this.host.open(
        connection.peer,
        connection.identity,
        documentId,
        {
          clientId,
          instance,
          seq,
          epoch,
          stateVector,
        },
        async (room) => {
          // The room was replaced while this one was on the way in.
          if (prepared && prepared !== room) this.companions.current.left(prepared, undefined);
          const isNew = prepared !== room;
          prepared = room;
          if (isNew) await this.companions.current.opening(room);
          await connection.hasRoom();
        },
      );
      // The socket, or the document, may have been closed while the room was loading.
      if (!connection.socket.connected || documents.get(documentId) !== document) {
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
      };
      if (joined.update.length <= PieceSender.threshold) return { update: joined.update, ...answer };
      // Edits that come meanwhile wait behind the pieces and follow them as one.
      session.isLagging = true;
      document.pieces = new PieceSender(connection, documentId, joined.update);
      return { pieces: document.pieces.count, ...answer };
    } catch (error) {
      if (prepared) this.companions.current.left(prepared, undefined);
      if (!document.joined && documents.get(documentId) === document) documents.delete(documentId);
      throw error;
    }
  }

  private update(
    connection: Connection,
    document: OpenDocument | undefined,
    body: BodyOf<'document:update'>,
    pending: { bytes: number },
  ): DocumentUpdateAnswer | Promise<DocumentUpdateAnswer> {
    if (!document) throw new TandemError('not_open');
    const { resync, provenance } = body;
    // What waits counts against the connection: the body at once, a joined upload as a whole.
    let bytes = 0;
    const count = (more: number) => {
      bytes += more;
      pending.bytes += more;
      if (pending.bytes > MAX_PENDING_BYTES) connection.peer.restrainEdits(true);
    };
    const answered = new Promise<DocumentUpdateAnswer>((resolve, reject) => {
      const run = document.lane.run(() => {
        const update = document.uploads.take(body);
        if (!update) return resolve({});
        if (!document.joined) throw new TandemError('not_open');
        count(update.length - body.update.length);
        const { room, session } = document.joined;
        const edit = (origin: Provenance | undefined) =>
          this.host.edit(room, session, update, { resync, provenance: origin }, (outcome) => {
            if (outcome instanceof TandemError) reject(outcome);
            else {
              if (origin && outcome.stored) this.companions.current.attributed(origin);
              resolve(outcome.stored ? { seq: outcome.seq } : { seq: outcome.seq, stored: false });
            }
          });
        if (!provenance) return edit(undefined);
        const origin = this.companions.current.attribute(room, session, update, provenance);
        return origin instanceof Promise ? origin.then(edit) : edit(origin);
      });
      if (run instanceof Promise) run.catch(reject);
    });
    count(body.update.length);
    const settle = () => {
      pending.bytes -= bytes;
      if (pending.bytes <= MAX_PENDING_BYTES / 2) connection.peer.restrainEdits(false);
    };
    answered.then(settle, settle);
    return answered;
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
      const moved = this.host.moveCursor(room, session, update, Date.now());
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
