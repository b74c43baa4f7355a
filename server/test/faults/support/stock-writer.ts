import { randomUUID } from 'node:crypto';
import type {
  Answer,
  ClientToServerEvents,
  DocumentOpenAnswer,
  DocumentUpdateAnswer,
  ServerToClientEvents,
  WireError,
} from '@tandem/protocol';
import { io, type Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { Change } from './ledger.js';
import { Writer, type WriterOptions } from './writer.js';

interface Unsaved {
  readonly update: Uint8Array;
  readonly change: Change;
}

const RETRY_MS = 200;
/** DOC-47. */
const REOPEN_WITHIN_MS = 1000;

/**
 * An editor without the SDK: stock socket.io-client and Yjs, and an outbox that only acks empty (DOC-14). All answers
 * are handled in the turn in which they arrive: after an `await`, frames that follow an answer would come first.
 */
export class StockWriter extends Writer {
  readonly doc = new Y.Doc();
  /** How often it was refused, to try again later. */
  refusals = 0;
  /** How often the server closed the document for it to be opened again. */
  reopenings = 0;
  private readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  private readonly instance = randomUUID();
  private outbox: Unsaved[] = [];
  private lastUpdate: Uint8Array | undefined;
  private known: { seq: number; epoch: number } | undefined;
  private phase: 'closed' | 'opening' | 'open' = 'closed';
  /** The server may lack what it said to have (DOC-47). */
  private mustCompare = false;
  private pieces: { readonly answer: DocumentOpenAnswer; readonly parts: Uint8Array[] } | undefined;
  /** Numbers what was sent since the last open: refusals of what was sent before it are not heard. */
  private attempt = 0;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    options: WriterOptions,
    /** A reader tells no client id: the least that a client must do. */
    private readonly kind: 'writer' | 'reader' = 'writer',
  ) {
    super(options);
    this.watch();
    this.doc.on('update', (update: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      if (transaction.local) this.lastUpdate = update;
    });
    this.socket = io(options.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1000,
      auth: { token: options.accessToken, protocol: 1 },
    });
    this.listen();
  }

  override get isConnected(): boolean {
    return this.socket.connected;
  }

  get isOpen(): boolean {
    return this.phase === 'open';
  }

  override get isSaved(): boolean {
    return this.isOpen && this.outbox.length === 0;
  }

  protected override onTyped(change: Change): void {
    const unsaved = { update: this.lastUpdate!, change };
    this.outbox.push(unsaved);
    if (this.isOpen) this.send(unsaved);
  }

  protected override disconnect(): void {
    clearTimeout(this.retry);
    this.socket.disconnect();
    this.doc.destroy();
  }

  private listen(): void {
    const { socket } = this;
    socket.on('connect', () => {
      this.connections++;
      this.open();
    });
    socket.on('disconnect', () => {
      this.pause();
      // A server that ends the connection in good order is not called again by socket.io-client itself.
      if (!socket.active && !this.isClosed) this.later(() => socket.connect());
    });
    socket.on('connect_error', (error: Error & { data?: WireError }) => {
      // What the server refuses, socket.io-client does not try again by itself.
      if (socket.active || this.isClosed) return;
      if (error.data?.retry === 'never') this.complain('connect', error.data);
      else this.later(() => socket.connect());
    });
    socket.on('document:piece', ({ piece, bytes }) => {
      if (!this.pieces) return;
      this.pieces.parts[piece] = new Uint8Array(bytes);
      this.finishOpen();
    });
    socket.on('document:update', ({ update, fromSeq, seq }) => {
      // Without a document, the answer to the open will hold it.
      if (!this.isOpen || !this.known || seq <= this.known.seq) return;
      if (fromSeq > this.known.seq + 1) return this.open();
      this.apply(update, seq);
    });
    socket.on('document:resync', ({ update, seq }) => {
      if (this.isOpen) this.apply(update, seq);
    });
    socket.on('document:status', ({ state, reopen }) => {
      if (reopen) this.reopen();
      else if (state === 'closed') this.ledger.complaints.push(`the document was closed for writer ${this.number}`);
    });
    socket.on('document:reset', () => this.ledger.complaints.push(`the document was reset for writer ${this.number}`));
  }

  private pause(): void {
    this.attempt++;
    this.phase = 'closed';
    this.pieces = undefined;
    clearTimeout(this.retry);
  }

  private reopen(): void {
    this.reopenings++;
    this.known = undefined;
    this.mustCompare = true;
    this.pause();
    this.later(() => this.open(), this.options.random.next() * REOPEN_WITHIN_MS);
  }

  private later(action: () => void, ms = RETRY_MS): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(action, ms);
  }

  private open(): void {
    this.pause();
    this.phase = 'opening';
    const { attempt } = this;
    const { documentId } = this.options;
    const whoAmI = this.kind === 'writer' ? { clientId: this.doc.clientID, instance: this.instance } : {};
    const stateVector = Y.encodeStateVector(this.doc);
    this.socket.emit(
      'document:open',
      { documentId, stateVector, ...this.known, ...whoAmI },
      (answer: Answer<DocumentOpenAnswer>) => {
        if (attempt !== this.attempt) return;
        if (!answer.ok) return this.refused('document:open', answer.error);
        this.pieces = { answer, parts: answer.update ? [new Uint8Array(answer.update)] : [] };
        this.finishOpen();
      },
    );
  }

  private finishOpen(): void {
    const { answer, parts } = this.pieces!;
    if (parts.length < (answer.pieces ?? 1)) return;
    this.pieces = undefined;
    this.phase = 'open';
    this.known = { seq: answer.seq, epoch: answer.epoch };
    this.apply(Buffer.concat(parts), answer.seq);
    if (this.mustCompare && this.kind === 'writer') this.sendMissing(answer.stateVector);
    else for (const unsaved of this.outbox) this.send(unsaved);
    this.mustCompare = false;
  }

  private apply(update: Uint8Array | ArrayBuffer, seq: number): void {
    this.known!.seq = Math.max(seq, this.known!.seq);
    Y.applyUpdate(this.doc, new Uint8Array(update), 'server');
  }

  private send(...unsaved: Unsaved[]): void {
    this.request({ update: unsaved[0]!.update }, unsaved);
  }

  /** Everything that is not committed is our own: others show nothing before its commit (V2). */
  private sendMissing(theirs: Uint8Array | ArrayBuffer): void {
    const update = Y.encodeStateAsUpdate(this.doc, new Uint8Array(theirs));
    this.request({ update, resync: true }, [...this.outbox]);
  }

  private request(body: { update: Uint8Array; resync?: true }, unsaved: readonly Unsaved[]): void {
    const { attempt } = this;
    const { documentId } = this.options;
    this.socket.emit('document:update', { documentId, ...body }, (answer: Answer<DocumentUpdateAnswer>) => {
      if (answer.ok) this.stored(answer, unsaved);
      else if (attempt === this.attempt) this.refused('document:update', answer.error);
    });
  }

  private stored({ seq, stored }: DocumentUpdateAnswer, unsaved: readonly Unsaved[]): void {
    if (this.isClosed) return;
    // What a resync covers as well may be answered twice.
    for (const { change } of unsaved) this.acked(change);
    this.outbox = this.outbox.filter((waiting) => !unsaved.includes(waiting));
    if (stored !== false && this.known && seq === this.known.seq + 1) this.known.seq = seq;
  }

  private refused(event: string, error: WireError): void {
    if (this.isClosed) return;
    if (error.code === 'gap_resync') {
      this.attempt++;
      this.sendMissing(error.details?.stateVector as ArrayBuffer);
      return;
    }
    if (error.retry === 'never') {
      this.complain(event, error);
      return;
    }
    this.refusals++;
    this.pause();
    this.later(() => this.open(), error.retryAfterMs);
  }

  private complain(event: string, { code, message }: WireError): void {
    this.ledger.complaints.push(`${event} of writer ${this.number} was refused for good: ${code}, ${message}`);
  }
}
