import { type HistoryWork, WorkGivenUp } from '../../core/history/history-work.js';
import type { Checkpoint, ExpiredDocument, RetentionSession } from '../../core/history/retention-store.js';
import type { RetentionPace } from './retention-pace.js';

/** What the rows and the snapshots of a document say could not be brought together. */
export class Unverified extends Error {}

/**
 * Takes from the history of one document what is older than it must be. Each step leaves it whole:
 *
 *     checkpoint made -> read back -> compared with a replay -> history begins there -> rows behind it deleted
 */
export class DocumentCut {
  constructor(
    private readonly session: RetentionSession,
    private readonly work: HistoryWork,
    private readonly pace: RetentionPace,
    private readonly deleted: (rows: number) => void,
  ) {}

  /** Rejects with Unverified, StoredDataCorrupt or WorkGivenUp; with what the database or `pause` rejects with. */
  async run({ documentId, historySeq, cut }: ExpiredDocument): Promise<void> {
    // One that is there saves making another: what is left between goes with a later pass.
    const goal = (await this.session.newestSnapshot(documentId, historySeq, cut)) ?? cut;
    for (let from = historySeq; ; ) {
      await this.deleteRows(documentId);
      if (from >= goal) return;
      const most = { rows: this.pace.stepRows, bytes: this.pace.stepBytes };
      const upTo = await this.session.stepFrom(documentId, from, goal, most);
      const checkpoint = await this.verified(documentId, from, upTo);
      if (!(await this.session.advance(documentId, from, checkpoint))) return;
      from = checkpoint.snapshot.seq;
      await this.pace.pause();
    }
  }

  private async deleteRows(documentId: string): Promise<void> {
    const { batchRows } = this.pace;
    for (let deleted = batchRows; deleted >= batchRows; ) {
      deleted = await this.session.deleteRows(documentId, batchRows);
      this.deleted(deleted);
      await this.pace.pause();
    }
  }

  /** A checkpoint as the database has it, and as a replay of the rows that it stands for says that it must be. */
  private async verified(documentId: string, from: number, upTo: number): Promise<Checkpoint> {
    const seq = (await this.session.newestSnapshot(documentId, from, upTo)) ?? upTo;
    const past = await this.session.replayed(documentId, from, seq);
    let checkpoint = await this.session.readBack(documentId, seq);
    if (!checkpoint) {
      await this.session.save(documentId, await this.work.compact(past, 'nobody').catch(doubt));
      checkpoint = await this.session.readBack(documentId, seq);
    }
    const isSame = checkpoint !== undefined && (await this.work.isSame(past, checkpoint.snapshot).catch(doubt));
    if (!isSame) throw new Unverified(`the snapshot at ${seq} is not what its rows say`);
    return checkpoint!;
  }
}

function doubt(error: unknown): never {
  if (error instanceof WorkGivenUp) throw error;
  throw new Unverified('the work on it failed', { cause: error });
}
