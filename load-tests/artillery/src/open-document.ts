import { setTimeout as delay } from 'node:timers/promises';
import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';
import type { Answer, Link } from './link.ts';
import { within } from './within.ts';

const PIECES_MS = 15_000;
/** DOC-47. */
const REOPEN_WITHIN_MS = 1000;
/** What was on its way when the server closed the document. */
const GIVEN_BACK = ['not_open', 'store_unavailable'];

interface Frame {
  readonly documentId: string;
  readonly update: ArrayBuffer | Uint8Array;
  readonly fromSeq: number;
  readonly seq: number;
}
interface Piece {
  readonly documentId: string;
  readonly bytes: ArrayBuffer | Uint8Array;
}

interface Status {
  readonly documentId: string;
  readonly reopen?: true;
}

interface Unsaved {
  readonly update: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isAgain: boolean;
}

interface Options {
  /** One that was open before; default: a new one. */
  readonly doc?: Y.Doc;
  /** Runs when anything came from the server and was applied. */
  readonly onFrame?: (doc: Y.Doc) => void;
  /** Runs when the server had closed the document and it is open again. */
  readonly onReopened?: (answer: Answer) => void;
}

/** One open document, as any editor without the SDK would hold it. */
export class OpenDocument {
  readonly doc: Y.Doc;
  readonly #link: Link;
  readonly #documentId: string;
  readonly #onFrame: (doc: Y.Doc) => void;
  readonly #onReopened: (answer: Answer) => void;
  /** Frames may come before the answer of the open has been read: they wait for it. */
  #early: Frame[] = [];
  #isOpen = false;
  /** By the server, since it was last asked to open it. */
  #isClosed = false;
  /** Resolves when it is open, again too. */
  #opened: Promise<void> = Promise.resolve();
  #hasSent = false;
  /** What has no ack, in order. */
  #outbox: Unsaved[] = [];
  #seen = 0;
  #acked = 0;

  private constructor(link: Link, documentId: string, options: Options) {
    const { doc = new Y.Doc(), onFrame = () => {}, onReopened = () => {} } = options;
    this.doc = doc;
    this.#link = link;
    this.#documentId = documentId;
    this.#onFrame = onFrame;
    this.#onReopened = onReopened;
    link.on('document:update', this.#update);
    link.on('document:resync', this.#resync);
    link.on('document:status', this.#status);
  }

  /** Resolves when all that the server holds is here. */
  static async open(link: Link, documentId: string, options: Options = {}): Promise<OpenDocument> {
    const self = new OpenDocument(link, documentId, options);
    const { seq } = await self.#open();
    self.#acked = seq;
    await self.#openAgain();
    return self;
  }

  /** Sends what happened to `doc`, and resolves when it is stored; rejects when `seq` did not grow. */
  send(update: Uint8Array): Promise<void> {
    this.#hasSent = true;
    return new Promise((resolve, reject) => {
      const unsaved = { update, resolve, reject, isAgain: false };
      this.#outbox.push(unsaved);
      if (this.#isOpen) this.#store(unsaved);
    });
  }

  async close(): Promise<void> {
    await this.#opened;
    this.#link.off('document:update', this.#update);
    this.#link.off('document:resync', this.#resync);
    this.#link.off('document:status', this.#status);
    await this.#link.ask('document:close', { documentId: this.#documentId });
  }

  #store(unsaved: Unsaved): void {
    const { update, reject } = unsaved;
    this.#link.ask('document:update', { documentId: this.#documentId, update }).then(
      (answer) => this.#stored(unsaved, answer),
      (error) => {
        if (error instanceof BrokenPromise && GIVEN_BACK.includes(error.code)) this.#closed();
        else reject(error);
      },
    );
  }

  #stored(unsaved: Unsaved, { seq, stored }: Answer): void {
    if (!this.#outbox.includes(unsaved)) return;
    this.#outbox = this.#outbox.filter((waiting) => waiting !== unsaved);
    // What is sent again may have been stored the first time.
    if (seq > this.#acked || (unsaved.isAgain && stored === false)) unsaved.resolve();
    else unsaved.reject(new BrokenPromise('seq_did_not_grow', `${seq} after ${this.#acked}`));
    this.#acked = Math.max(this.#acked, seq);
  }

  readonly #status = ({ documentId, reopen }: Status): void => {
    if (documentId === this.#documentId && reopen) this.#closed();
  };

  #closed(): void {
    this.#isClosed = true;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#opened = this.#openAgain();
    this.#opened.catch((error) => {
      this.#link.fail(error);
      for (const { reject } of this.#outbox) reject(error);
    });
  }

  /** A reader who is far behind may find it closed once more when it has all pieces. */
  async #openAgain(): Promise<void> {
    while (this.#isClosed) {
      await delay(Math.random() * REOPEN_WITHIN_MS);
      const answer = await this.#open();
      if (!this.#isClosed) this.#onReopened(answer);
    }
  }

  readonly #update = (frame: Frame): void => {
    if (frame.documentId !== this.#documentId) return;
    if (this.#isOpen) this.#take(frame);
    else this.#early.push(frame);
  };

  // After a backlog that the server skipped it sends state: everything up to `seq`.
  readonly #resync = (frame: Frame): void => {
    if (frame.documentId === this.#documentId) this.#take({ ...frame, fromSeq: 0 });
  };

  #take({ update, fromSeq, seq }: Frame): void {
    // Who sends gets no frames of their own edits, so only who watches must see every number.
    if (!this.#hasSent && fromSeq > this.#seen + 1) {
      this.#link.fail(new BrokenPromise('hole_in_seq', `${fromSeq} after ${this.#seen}`));
    }
    this.#seen = Math.max(this.#seen, seq);
    Y.applyUpdate(this.doc, new Uint8Array(update), 'server');
    this.#onFrame(this.doc);
  }

  async #open(): Promise<Answer> {
    const { doc } = this;
    const pieces: Uint8Array[] = [];
    let onPiece = () => {};
    const take = ({ documentId, bytes }: Piece) => {
      if (documentId !== this.#documentId) return;
      pieces.push(new Uint8Array(bytes));
      onPiece();
    };
    this.#isClosed = false;
    this.#early = [];
    this.#seen = 0;
    this.#link.on('document:piece', take);
    const answer = await this.#link.ask('document:open', {
      documentId: this.#documentId,
      clientId: doc.clientID,
      stateVector: Y.encodeStateVector(doc),
    });
    const all = new Promise<void>((resolve) => {
      onPiece = () => pieces.length === answer.pieces && resolve();
      onPiece();
    });
    if (answer.pieces) await Promise.race([within(PIECES_MS, 'pieces_missing', all), this.#link.broken]);
    this.#link.off('document:piece', take);
    Y.applyUpdate(doc, wholeOf(answer, pieces), 'server');
    this.#onFrame(doc);
    // A resync may have come right behind the last piece.
    this.#seen = Math.max(this.#seen, answer.seq);
    this.#isOpen = !this.#isClosed;
    if (!this.#isOpen) return answer;
    for (const frame of this.#early) this.#take(frame);
    for (const unsaved of this.#outbox) {
      unsaved.isAgain = true;
      this.#store(unsaved);
    }
    return answer;
  }
}

function wholeOf({ update, pieces: expected }: Answer, pieces: readonly Uint8Array[]): Uint8Array {
  if (expected) return Buffer.concat(pieces);
  if (update === undefined) throw new BrokenPromise('open_without_update');
  return new Uint8Array(update);
}
