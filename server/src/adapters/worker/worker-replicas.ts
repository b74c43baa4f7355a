import type { CompletionQuestion } from '../../core/ai/ai-requests.js';
import { type LocateAnswer, type ReplicaNews, Replicas, type TextSnapshot } from '../../core/ai/replicas.js';
import { WorkerLane } from './worker-lane.js';

/** An honest document of 10 MB is parsed in a second; one that was made to be slow must not hold up the others for long. */
const TASK_MS = 5_000;
/** Between two thoughts of somebody who types, what is parsed stays. */
const IDLE_MS = 10 * 60_000;

/** Replicas in one worker thread. */
export class WorkerReplicas extends Replicas {
  private readonly lane = new WorkerLane('./replica-worker.js', TASK_MS, IDLE_MS);

  override locate(
    documentId: string,
    question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'>,
    news: ReplicaNews | undefined,
  ): Promise<LocateAnswer> {
    return this.lane.run('locate', { documentId, question, news });
  }

  override text(documentId: string, news: ReplicaNews | undefined): Promise<TextSnapshot | { type: 'unknown' }> {
    return this.lane.run('text', { documentId, news });
  }

  override close(): Promise<void> {
    return this.lane.close();
  }
}
