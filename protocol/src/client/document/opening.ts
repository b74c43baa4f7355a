import type { DocumentOpenAnswer } from '../../wire/document.js';

const NOTHING = new Uint8Array([0, 0]);

/** One `document:open` under way: its answer, and the `document:piece` events that follow it (DOC-9). */
export class Opening {
  private answer: DocumentOpenAnswer | undefined;
  private readonly parts: Uint8Array[] = [];

  constructor(readonly request: number) {}

  answered(answer: DocumentOpenAnswer): void {
    this.answer = answer;
  }

  add(piece: number, bytes: Uint8Array): void {
    this.parts[piece] = bytes;
  }

  /** The answer with all its bytes, once they are there. */
  complete(): { readonly answer: DocumentOpenAnswer; readonly update: Uint8Array } | undefined {
    const { answer } = this;
    if (!answer) return undefined;
    const update = answer.pieces === undefined ? (answer.update ?? NOTHING) : this.joined(answer.pieces);
    return update && { answer, update };
  }

  private joined(count: number): Uint8Array | undefined {
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
