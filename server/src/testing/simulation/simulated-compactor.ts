import type { DocumentKind } from '@tandem/protocol';
import { compact, encodeText, textOf } from '../../adapters/worker/document-worker.js';
import { type Compaction, Compactor } from '../../core/document/compactor.js';
import { ByteReader } from '../../core/document/update/byte-reader.js';
import { IdRanges } from '../../core/document/update/id-ranges.js';
import type { StoredSnapshot } from '../../core/document/update-log.js';

/** The work of the worker thread, without the thread; it takes some time of its process. */
export class SimulatedCompactor extends Compactor {
  constructor(private readonly takesMs: number) {
    super();
  }

  override async compact(update: Uint8Array, kind: DocumentKind, seq: number): Promise<Compaction> {
    await this.work();
    const { snapshot, moreDeletes } = compact({ update, kind, seq });
    return { snapshot, moreDeletes: IdRanges.read(new ByteReader(moreDeletes)) };
  }

  override async textOf(update: Uint8Array): Promise<string> {
    await this.work();
    return textOf({ update });
  }

  override async encodeText(text: string): Promise<{ update: Uint8Array; clientId: number }> {
    await this.work();
    return encodeText({ text });
  }

  override async close(): Promise<void> {}

  private work(): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, this.takesMs));
  }
}

export function snapshotOf(update: Uint8Array, seq: number): StoredSnapshot {
  return compact({ update, kind: 'text', seq }).snapshot;
}
