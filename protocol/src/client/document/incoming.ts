import type { DocumentOpenAnswer, DocumentUpdateEvent } from '../../wire/document.js';
import { Opening } from './opening.js';

/** What a frame means to a client that has everything up to `seq`. */
export type Judgement = 'apply' | 'known' | 'hole';

/** The receiving half of a document: what this client has of the server's order, and the open that brings more. */
export class Incoming {
  seq = 0;
  /** Undefined until the first open, and again for a new `Y.Doc`. */
  epoch: number | undefined;
  /** What of `seq` was told while the server had all that was stored: only that says what we have. */
  private soundSeq: number | undefined;
  private isDamaged = false;
  private opening = new Opening(0);

  /** Starts an open; returns what the server is told of what we have (DOC-8). */
  open(request: number): { readonly seq?: number; readonly epoch?: number } {
    this.opening = new Opening(request);
    const { soundSeq: seq, epoch } = this;
    return epoch === undefined ? {} : { ...(seq !== undefined && { seq }), epoch };
  }

  isOpenedBy(request: number): boolean {
    return request === this.opening.request;
  }

  /** False when the server answers below what we have seen, or under another epoch: it was restored (DOC-40). */
  answered(answer: DocumentOpenAnswer): boolean {
    const older = this.epoch !== undefined && (answer.epoch !== this.epoch || answer.seq < this.seq);
    if (!older) this.opening.answered(answer);
    return !older;
  }

  piece(piece: number, bytes: Uint8Array): void {
    this.opening.add(piece, bytes);
  }

  /** The answer with all its bytes, once they are there; from then on they count as received. */
  complete(): { readonly answer: DocumentOpenAnswer; readonly update: Uint8Array } | undefined {
    const complete = this.opening.complete();
    if (complete) {
      this.isDamaged = complete.answer.damaged !== undefined;
      this.epoch = complete.answer.epoch;
      this.moveTo(complete.answer.seq);
    }
    return complete;
  }

  /** Whether the document began anew since we opened it (V5). */
  isReset(epoch: number): boolean {
    return this.epoch !== undefined && epoch !== this.epoch;
  }

  /** DOC-12. */
  judge({ fromSeq, seq }: Pick<DocumentUpdateEvent, 'fromSeq' | 'seq'>): Judgement {
    if (seq <= this.seq) return 'known';
    return fromSeq <= this.seq + 1 ? 'apply' : 'hole';
  }

  received(seq: number): void {
    this.moveTo(Math.max(this.seq, seq));
  }

  /** An ack moves on by exactly one: others' edits may lie between, and they have not come yet (DOC-13). */
  acked(seq: number): void {
    if (seq === this.seq + 1) this.moveTo(seq);
  }

  /** What the server has told so far may not have been all: the next open goes by the state vector (DOC-47). */
  doubt(): void {
    this.soundSeq = undefined;
  }

  /** For a new `Y.Doc`. */
  startAnew(): void {
    this.seq = 0;
    this.soundSeq = undefined;
    this.isDamaged = false;
    this.epoch = undefined;
  }

  private moveTo(seq: number): void {
    this.seq = seq;
    if (!this.isDamaged) this.soundSeq = seq;
  }
}
