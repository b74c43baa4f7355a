export type AiJobKind = 'completion' | 'analysis';

/** The queue cannot be reached; whether the job was added is unknown. The sweeper adds it again. */
export class QueueUnavailable extends Error {}

/**
 * Brings requests to workers. It carries ids only: what is asked, and what became of it, stands in `AiRequests`, so that a
 * queue that loses or repeats a job does no harm.
 */
export abstract class AiQueue {
  /** Rejects with QueueUnavailable. A repeat (another `attempt`) is another job. */
  abstract add(kind: AiJobKind, requestId: string, options?: { attempt?: number; priority?: number }): Promise<void>;
  /**
   * Takes up jobs, at most `concurrency` at once. The handler says by returning that the job is done, whatever became of it;
   * a job whose worker died is handed to another. Resolves when jobs are taken; the returned call stops taking and waits for
   * those under way.
   */
  abstract consume(
    kind: AiJobKind,
    concurrency: number,
    handler: (requestId: string) => Promise<void>,
  ): Promise<() => Promise<void>>;
  /** Waiting and active jobs of the kind, for operators. */
  abstract depth(kind: AiJobKind): Promise<{ waiting: number; active: number }>;
  abstract close(): Promise<void>;
}
