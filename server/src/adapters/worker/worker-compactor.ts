import type { DocumentKind } from '@tandem/protocol';
import { type Compaction, Compactor } from '../../core/document/compactor.js';
import { ByteReader } from '../../core/document/update/byte-reader.js';
import { IdRanges } from '../../core/document/update/id-ranges.js';
import type { CompactedUpdate, CompactTask } from './document-worker.js';
import { WorkerLane } from './worker-lane.js';

/**
 * Honest documents take up to a second. Yjs is quadratic for many inserts at one place by several clients, so one that
 * was made for it would hold a thread for hours.
 */
const COMPACTION_MS = 30_000;
const TEXT_MS = 10_000;

const SCRIPT = './document-worker.js';

/** A `Y.Doc` is parsed in a worker thread, so that the work of one document does not stall the others (D7). */
export class WorkerCompactor extends Compactor {
  private readonly compaction: WorkerLane;
  /** Somebody waits for a text, nobody for a compaction. */
  private readonly texts: WorkerLane;

  constructor({ timeoutMs }: { timeoutMs?: number } = {}) {
    super();
    this.compaction = new WorkerLane(SCRIPT, timeoutMs ?? COMPACTION_MS);
    this.texts = new WorkerLane(SCRIPT, timeoutMs ?? TEXT_MS);
  }

  override async compact(update: Uint8Array, kind: DocumentKind, seq: number): Promise<Compaction> {
    const task: CompactTask = { update, kind, seq };
    const { snapshot, moreDeletes } = await this.compaction.run<CompactedUpdate>('compact', task);
    return { snapshot, moreDeletes: IdRanges.read(new ByteReader(moreDeletes)) };
  }

  override async textOf(update: Uint8Array): Promise<string> {
    return this.texts.run('textOf', { update });
  }

  override async encodeText(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    return this.texts.run('encodeText', { text });
  }

  override async close(): Promise<void> {
    await Promise.all([this.compaction.close(), this.texts.close()]);
  }
}
