import type { DocumentKind } from '@tandem/protocol';
import { digest } from '../../adapters/worker/document-worker.js';
import { type DigestDepth, DocumentDigests } from '../../core/document/document-digests.js';

/** The digests of the worker thread, without the thread. */
export class SimulatedDigests extends DocumentDigests {
  override async of(update: Uint8Array, kind: DocumentKind, depth: DigestDepth): Promise<string> {
    return digest({ update, kind, depth });
  }

  override async close(): Promise<void> {}
}
