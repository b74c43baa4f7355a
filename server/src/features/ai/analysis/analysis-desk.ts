import { type BodyOf, TandemError } from '@tandem/protocol';
import type { Memberships } from '../../../core/access/memberships.js';
import { can } from '../../../core/access/permissions.js';
import type { AiQueue } from '../../../core/ai/ai-queue.js';
import { QueueUnavailable } from '../../../core/ai/ai-queue.js';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests, NewAnalysis } from '../../../core/ai/ai-requests.js';

/** Somebody waits for a run that was asked for; those after edits come first all the same, being short. */
const PRIORITY = { edits: 1, asked: 2 };

/** Where analyses are asked for, by people and by edits. */
export class AnalysisDesk {
  constructor(
    private readonly requests: AiRequests,
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
    private readonly memberships: Memberships,
  ) {}

  /** Resolves to the run's id. Rejects with TandemError `not_found`, `forbidden` or `store_unavailable`. */
  async ask(userId: string, { documentId, projectId }: BodyOf<'analysis:start'>): Promise<string> {
    if (documentId !== undefined) {
      const access = await this.memberships.document(userId, documentId);
      if (!access) throw new TandemError('not_found');
      if (!can(access.role, 'ai.use')) throw new TandemError('forbidden');
      if (access.kind !== 'text')
        throw new TandemError('bad_request', 'There is no analysis for documents of this kind');
      return this.start({ userId, projectId: access.projectId, documentId });
    }
    const role = await this.memberships.role(userId, projectId!);
    if (!role) throw new TandemError('not_found');
    if (!can(role, 'ai.use')) throw new TandemError('forbidden');
    return this.start({ userId, projectId: projectId!, documentId: null });
  }

  /** A document has changed, or was never looked at. */
  async afterEdits(projectId: string, documentId: string): Promise<void> {
    await this.start({ userId: null, projectId, documentId });
  }

  private async start(run: NewAnalysis): Promise<string> {
    const { id, isNew, cancelled } = await this.requests.startAnalysis(run);
    for (const requestId of cancelled) this.ended(run, requestId);
    if (!isNew) return id;
    try {
      await this.queue.add('analysis', id, {
        attempt: 1,
        priority: run.userId === null ? PRIORITY.edits : PRIORITY.asked,
      });
    } catch (error) {
      // It stays written down, and the sweeper brings it to the queue when that is back.
      if (!(error instanceof QueueUnavailable)) throw error;
    }
    return id;
  }

  /** The worker that has it says nothing, and there may be none. */
  private ended({ userId, projectId }: NewAnalysis, runId: string): void {
    this.relay.command({ type: 'cancel', requestId: runId });
    if (userId === null) return;
    this.relay.publish({ type: 'progress', projectId, runId, done: 0, total: 0, state: 'cancelled' });
  }
}
