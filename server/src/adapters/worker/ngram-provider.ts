import { LearningModel } from '../../core/ai/learning-model.js';
import type { CompletionPrompt, ModelChunk } from '../../core/ai/model-provider.js';
import type { CompleteAnswer, CompleteTask } from './ngram-worker.js';
import { WorkerLane } from './worker-lane.js';

/** A line takes about ten milliseconds, a large file a second to learn. */
const TASK_MS = 10_000;
const IDLE_MS = 30 * 60_000;
/** Right once in five times, and one keystroke to dismiss: shown only to somebody who asked for it. */
const GUESS = 0.2;

/** The built-in model: counts of the project's own text, in a worker thread. It is no language model, and says so. */
export class NgramProvider extends LearningModel {
  override readonly name = 'tandem-ngram';
  override readonly kind = 'statistical';
  override readonly description =
    "Built-in statistical model: repeats patterns of this project's own files, to the end of the line. Nothing leaves the server.";
  private readonly lane = new WorkerLane('./ngram-worker.js', TASK_MS, IDLE_MS);
  private readonly known = new Set<string>();

  override knows(projectId: string): boolean {
    return this.known.has(projectId);
  }

  override async learn(projectId: string, file: { documentId: string; path: string; text: string }): Promise<void> {
    const isFirst = !this.known.has(projectId);
    this.known.add(projectId);
    if (!(await this.lane.run<boolean>('learn', { projectId, isFirst, ...file }))) this.known.delete(projectId);
  }

  override async forget(projectId: string, documentId: string): Promise<void> {
    await this.lane.run('forget', { projectId, documentId });
  }

  override async *stream(prompt: CompletionPrompt, signal: AbortSignal): AsyncIterable<ModelChunk> {
    const { projectId, documentId, path, prefix, suffix, alternatives, maxTokens, trigger } = prompt;
    const threshold = trigger === 'manual' ? GUESS : undefined;
    const task: CompleteTask = { projectId, documentId, path, prefix, suffix, alternatives, maxTokens, threshold };
    const { isKnown, candidates } = await this.lane.run<CompleteAnswer>('complete', task, { signal });
    if (!isKnown) this.known.delete(projectId);
    signal.throwIfAborted();
    for (const [alternative, { text }] of candidates.entries()) yield { type: 'text', alternative, text };
    const completionTokens = candidates.reduce((sum, { tokens }) => sum + tokens, 0);
    yield { type: 'usage', promptTokens: 0, completionTokens };
  }

  override close(): Promise<void> {
    return this.lane.close();
  }
}
