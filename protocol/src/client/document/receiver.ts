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

/** Joins the `document:piece` events that follow an answer (DOC-9). */
export class Pieces {
  private readonly parts: Uint8Array[] = [];

  add(piece: number, bytes: Uint8Array): void {
    this.parts[piece] = bytes;
  }

  /** The whole, once `count` pieces are there. */
  joined(count: number): Uint8Array | undefined {
    const parts = Array.from({ length: count }, (_, i) => this.parts[i]);
    if (parts.some((part) => part === undefined)) return undefined;
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part!.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part!, at);
      at += part!.length;
    }
    return whole;
  }
}
