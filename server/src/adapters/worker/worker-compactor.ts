import { fileURLToPath } from 'node:url';
import type { DocumentKind } from '@tandem/protocol';
import { Piscina } from 'piscina';
import { Compactor } from '../../core/document/compactor.js';
import { ByteReader } from '../../core/document/update/byte-reader.js';
import { IdRanges } from '../../core/document/update/id-ranges.js';
import type { StoredSnapshot } from '../../core/document/update-log.js';
import type { CompactedUpdate } from './document-worker.js';

// A worker thread loads JavaScript: under a test's transform the built file stands beside the source's folder.
const SCRIPT = fileURLToPath(new URL('./document-worker.js', import.meta.url)).replace('/server/src/', '/server/dist/');

/** A `Y.Doc` is parsed in a worker thread, so that the work of one document does not stall the others (D7). */
export class WorkerCompactor extends Compactor {
  private readonly pool: Piscina;

  constructor(options: { threads?: number } = {}) {
    super();
    this.pool = new Piscina({ filename: SCRIPT, minThreads: 0, maxThreads: options.threads ?? 1, idleTimeout: 60_000 });
  }

  override async compact(update: Uint8Array, kind: DocumentKind, seq: number): Promise<StoredSnapshot> {
    const { bytes, blocks, deleteSet }: CompactedUpdate = await this.pool.run({ update, kind }, { name: 'compact' });
    const runs = blocks.map((block) => ({ ...block, parts: [bytes.subarray(block.from, block.to)] }));
    return { seq, runs, deletes: IdRanges.read(new ByteReader(deleteSet)) };
  }

  override async textOf(update: Uint8Array): Promise<string> {
    return this.pool.run({ update }, { name: 'textOf' });
  }

  override async encodeText(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    return this.pool.run({ text }, { name: 'encodeText' });
  }

  override async close(): Promise<void> {
    await this.pool.close();
  }
}
