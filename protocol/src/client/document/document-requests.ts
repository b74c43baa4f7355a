import * as Y from 'yjs';
import type { DocumentUpdate } from '../../wire/document.js';
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
      ...(seq !== undefined && { seq }),
      ...(epoch !== undefined && { epoch }),
      clientId: doc.clientID,
      instance,
    };
    this.link.request('document:open', body, (outcome) => {
      if (outcome.ok) this.answered({ type: 'opened', request, answer: outcome.value });
      else this.answered({ type: 'refused', request, error: outcome.error });
    });
  }

  send({ request, update, provenance }: Of<'send'>): void {
    this.update(request, update, { provenance });
  }

  sendMissing({ request, stateVector, clientIds, provenance }: Of<'send-missing'>, { doc }: BoundDoc): void {
    const own = new Set([...clientIds, doc.clientID]);
    this.update(request, resyncUpdate(doc, stateVector, own), { resync: true, provenance });
  }

  close(): void {
    this.link.request('document:close', { documentId: this.documentId }, () => {});
  }

  /** The answer to the last part is the answer to all; a refusal of any part is, too. */
  private update(request: number, update: Uint8Array, more: Pick<DocumentUpdate, 'resync' | 'provenance'>): void {
    const parts = updateParts(update, this.link.limits.maxUpdateBytes, randomId);
    // A field that is not said is left out: encoders would write it as null.
    const said = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
    let refused = false;
    for (const [i, part] of parts.entries()) {
      const body = { documentId: this.documentId, ...part, ...said };
      this.link.request('document:update', body, (outcome) => {
        if (refused) return;
        refused = !outcome.ok;
        if (!outcome.ok) this.answered({ type: 'refused', request, error: outcome.error });
        else if (i === parts.length - 1) this.answered({ type: 'stored', request, answer: outcome.value });
      });
    }
  }
}
