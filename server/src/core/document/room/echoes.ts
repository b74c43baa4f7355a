import type { DocumentKind } from '@tandem/protocol';
import type { DocumentState } from '../document-state.js';
import type { DecodedUpdate } from '../update/decoded-update.js';
import { trimUpdate } from '../update/trim-update.js';
import type { Outcome, Overlay } from './overlay.js';

/** Repeats of edits that are on their way. One may repeat the edits of several batches, of which some are stored and others given back. */
export class Echoes {
  private readonly waiting: { readonly update: DecodedUpdate; readonly answer: (outcome: Outcome) => void }[] = [];

  constructor(
    private readonly room: { readonly kind: DocumentKind; readonly state: DocumentState; readonly overlay: Overlay },
  ) {}

  add(update: DecodedUpdate, answer: (outcome: Outcome) => void): void {
    this.waiting.push({ update, answer });
  }

  /** Answers those of which all is committed by now, or of which something is on its way no more. */
  answer(): void {
    if (this.waiting.length === 0) return;
    const { kind, state, overlay } = this.room;
    for (const echo of this.waiting.splice(0)) {
      if (!trimUpdate(echo.update, state, kind)) echo.answer({ type: 'committed', seq: state.seq, stored: false });
      else if (trimUpdate(echo.update, overlay, kind)) echo.answer({ type: 'refused', code: 'store_unavailable' });
      else this.waiting.push(echo);
    }
  }
}
