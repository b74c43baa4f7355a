import type { CompletionQuestion } from '../../core/ai/ai-requests.js';
import {
  DocumentTooSlow,
  type LocateAnswer,
  type PlainText,
  type ReplicaNews,
  Replicas,
  type TextSnapshot,
  type UnknownReplica,
} from '../../core/ai/replicas.js';
import { LaneTimeout, type TurnOptions, WorkerLane } from './worker-lane.js';

/** Yjs is quadratic for documents that were made for it: 120 KB took 3.4 s, 60 KB a quarter of that. */
const LARGE_BYTES = 64 * 1024;
/** No document of up to `LARGE_BYTES` takes so long, and a thread starts in the same time. */
const SMALL_MS = 2_000;
/** An honest document of 10 MB is parsed in a second. What is large waits for its like only. */
const LARGE_MS = 5_000;
/** Between two thoughts of somebody who types, what is parsed stays. */
const IDLE_MS = 10 * 60_000;
/** Documents whose size is remembered: more than the threads keep. */
const MAX_SIZES = 2_000;

const SCRIPT = './replica-worker.js';

interface Limits {
  readonly smallMs?: number;
  readonly largeMs?: number;
}

/** Replicas in two worker threads, one for small documents and one for large ones. */
export class WorkerReplicas extends Replicas {
  private readonly small: WorkerLane;
  private readonly large: WorkerLane;
  /** Bytes of the base and of the rows since, by document. */
  private readonly sizes = new Map<string, number>();

  constructor({ smallMs = SMALL_MS, largeMs = LARGE_MS }: Limits = {}) {
    super();
    this.small = new WorkerLane(SCRIPT, smallMs, IDLE_MS);
    this.large = new WorkerLane(SCRIPT, largeMs, IDLE_MS);
  }

  override locate(
    documentId: string,
    question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'>,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<LocateAnswer> {
    // Somebody waits for it between two keystrokes; texts are for what comes later.
    return this.run('locate', { documentId, question, news }, { signal, isUrgent: true });
  }

  override text(
    documentId: string,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<TextSnapshot | UnknownReplica> {
    return this.run('text', { documentId, news }, { signal });
  }

  override plainText(
    documentId: string,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<PlainText | UnknownReplica> {
    return this.run('plainText', { documentId, news }, { signal });
  }

  override async close(): Promise<void> {
    await Promise.all([this.small.close(), this.large.close()]);
  }

  private async run<Answer>(
    name: string,
    task: { readonly documentId: string; readonly news: ReplicaNews | undefined; readonly question?: object },
    options: TurnOptions,
  ): Promise<Answer | UnknownReplica> {
    const { documentId, news } = task;
    const before = news?.base ? news.base.length : this.sizes.get(documentId);
    if (before === undefined) return { type: 'unknown' };
    const size = news ? news.rows.reduce((sum, { length }) => sum + length, before) : before;
    // It has grown out of its thread, and comes back whole.
    if (!news?.base && before <= LARGE_BYTES && size > LARGE_BYTES) return { type: 'unknown' };
    this.remember(documentId, size);
    try {
      return await (size > LARGE_BYTES ? this.large : this.small).run<Answer>(name, task, options);
    } catch (error) {
      throw error instanceof LaneTimeout ? new DocumentTooSlow(error.message, { cause: error }) : error;
    }
  }

  private remember(documentId: string, size: number): void {
    this.sizes.delete(documentId);
    this.sizes.set(documentId, size);
    const [oldest] = this.sizes.keys();
    if (this.sizes.size > MAX_SIZES && oldest !== undefined) this.sizes.delete(oldest);
  }
}
