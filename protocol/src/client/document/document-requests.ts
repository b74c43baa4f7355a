import * as Y from 'yjs';
import { randomId } from '../random-id.js';
import type { BoundDoc } from './bound-doc.js';
import type { DocumentLink } from './document-link.js';
import type { Effect, MachineEvent } from './machine-events.js';
import { resyncUpdate } from './resync-update.js';
import { updateParts } from './upload.js';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** What the machine wants sent, as messages of the wire: adds what only the `Y.Doc` knows, and hands the answers back. */
export class DocumentRequests {
  constructor(
    private readonly documentId: string,
    private readonly link: DocumentLink,
    private readonly answered: (event: MachineEvent) => void,
  ) {}

  open({ request, seq, epoch }: Of<'open'>, { doc, instance }: BoundDoc): void {
    const stateVector = Y.encodeStateVector(doc);
    const body = {
      documentId: this.documentId,
      // An empty state vector is one zero byte.
      ...(stateVector.length > 1 && { stateVector }),
      ...(seq !== undefined && { seq, epoch }),
      clientId: doc.clientID,
      instance,
    };
    this.link.request('document:open', body, (outcome) => {
      if (outcome.ok) this.answered({ type: 'opened', request, answer: outcome.value });
      else this.answered({ type: 'refused', request, error: outcome.error });
    });
  }

  send({ request, update }: Of<'send'>): void {
    this.update(request, update, false);
  }

  sendMissing({ request, stateVector, clientIds }: Of<'send-missing'>, { doc }: BoundDoc): void {
    const own = new Set([...clientIds, doc.clientID]);
    this.update(request, resyncUpdate(doc, stateVector, own), true);
  }

  close(): void {
    this.link.request('document:close', { documentId: this.documentId }, () => {});
  }

  /** The answer to the last part is the answer to all; a refusal of any part is, too. */
  private update(request: number, update: Uint8Array, resync: boolean): void {
    const parts = updateParts(update, this.link.limits.maxUpdateBytes, randomId);
    let refused = false;
    for (const [i, part] of parts.entries()) {
      const body = { documentId: this.documentId, ...part, ...(resync && { resync }) };
      this.link.request('document:update', body, (outcome) => {
        if (refused) return;
        refused = !outcome.ok;
        if (!outcome.ok) this.answered({ type: 'refused', request, error: outcome.error });
        else if (i === parts.length - 1) this.answered({ type: 'stored', request, answer: outcome.value });
      });
    }
  }
}
