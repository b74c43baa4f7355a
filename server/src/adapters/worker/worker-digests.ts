import type { DocumentKind } from '@tandem/protocol';
import { type DigestDepth, DocumentDigests } from '../../core/document/document-digests.js';
import type { DigestTask } from './document-worker.js';
import { WorkerLane } from './worker-lane.js';

/** A bound for documents that were made to be slow: nobody waits for a digest. */
const DIGEST_MS = 30_000;

export class WorkerDigests extends DocumentDigests {
  /** Its own: it must hold up neither compaction nor those who wait for a text. */
  private readonly lane = new WorkerLane('./document-worker.js', DIGEST_MS);

  override of(update: Uint8Array, kind: DocumentKind, depth: DigestDepth): Promise<string> {
    const task: DigestTask = { update, kind, depth };
    return this.lane.run('digest', task);
  }

  override close(): Promise<void> {
    return this.lane.close();
  }
}
