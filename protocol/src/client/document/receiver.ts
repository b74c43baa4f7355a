import type { DocumentUpdateEvent } from '../../wire/document.js';

/** What a frame means to a client that has everything up to `seq`. */
export type Judgement = 'apply' | 'known' | 'hole';

/** The seq rule (DOC-12, DOC-13): pure bookkeeping of what this client has of the server's order. */
export class Receiver {
  seq = 0;

  judge({ fromSeq, seq }: Pick<DocumentUpdateEvent, 'fromSeq' | 'seq'>): Judgement {
    if (seq <= this.seq) return 'known';
    return fromSeq <= this.seq + 1 ? 'apply' : 'hole';
  }

  /** An ack moves on by exactly one: others' edits may lie between, and they have not come yet. */
  acked(seq: number): void {
    if (seq === this.seq + 1) this.seq = seq;
  }
}
