import * as Y from 'yjs';
import { BrokenPromise } from './broken-promise.ts';
import type { Answer, Link } from './link.ts';
import { within } from './within.ts';

const PIECES_MS = 15_000;

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

interface Options {
  /** One that was open before; default: a new one. */
  readonly doc?: Y.Doc;
  /** Runs after each frame was applied. */
  readonly onFrame?: (doc: Y.Doc) => void;
}

/** One open document, as any editor without the SDK would hold it. */
export class OpenDocument {
  readonly doc: Y.Doc;
  readonly #link: Link;
  readonly #documentId: string;
  readonly #onFrame: (doc: Y.Doc) => void;
  /** Frames may come before the answer of the open has been read: they wait for it. */
  readonly #early: Frame[] = [];
  #isOpen = false;
  #hasSent = false;
  #seen = 0;
  #acked = 0;

  private constructor(link: Link, documentId: string, { doc = new Y.Doc(), onFrame = () => {} }: Options) {
    this.doc = doc;
    this.#link = link;
    this.#documentId = documentId;
    this.#onFrame = onFrame;
  }

  /** Resolves when all that the server holds is here. */
  static async open(link: Link, documentId: string, options: Options = {}): Promise<OpenDocument> {
    const self = new OpenDocument(link, documentId, options);
    await self.#open();
    return self;
  }

  /** Sends what happened to `doc` and resolves when it is stored; rejects when `seq` did not grow. */
  async send(update: Uint8Array): Promise<void> {
    this.#hasSent = true;
    const answer = await this.#link.ask('document:update', { documentId: this.#documentId, update });
    if (answer.seq <= this.#acked) throw new BrokenPromise('seq_did_not_grow', `${answer.seq} after ${this.#acked}`);
    this.#acked = answer.seq;
  }

  async close(): Promise<void> {
    this.#link.off('document:update', this.#update);
    this.#link.off('document:resync', this.#resync);
    await this.#link.ask('document:close', { documentId: this.#documentId });
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

  async #open(): Promise<void> {
    const { doc } = this;
    const pieces: Uint8Array[] = [];
    let onPiece = () => {};
    const take = ({ documentId, bytes }: Piece) => {
      if (documentId !== this.#documentId) return;
      pieces.push(new Uint8Array(bytes));
      onPiece();
    };
    this.#link.on('document:update', this.#update);
    this.#link.on('document:resync', this.#resync);
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
    this.#seen = answer.seq;
    this.#acked = answer.seq;
    this.#isOpen = true;
    for (const frame of this.#early) this.#take(frame);
  }
}

function wholeOf({ update, pieces: expected }: Answer, pieces: readonly Uint8Array[]): Uint8Array {
  if (expected) return Buffer.concat(pieces);
  if (update === undefined) throw new BrokenPromise('open_without_update');
  return new Uint8Array(update);
}
