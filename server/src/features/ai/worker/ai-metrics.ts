import type { Logger } from 'pino';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { AiObserver } from './ai-observer.js';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** What operators see of the answers to AI requests. Labels are names of the settings and of our tables, never ids. */
export class AiMetrics implements AiObserver {
  private readonly completions: Counter;
  private readonly contextSeconds: Histogram;
  private readonly firstTextSeconds: Histogram;
  private readonly completionSeconds: Histogram;
  private readonly analysisSeconds: Histogram;
  private readonly failures: Counter;

  constructor(
    registry: Registry,
    private readonly logger: Logger,
  ) {
    const registers = [registry];
    this.completions = new Counter({
      name: 'tandem_ai_completions_total',
      help: 'Completions that were answered, or failed for a reason; those that were cancelled are not counted',
      labelNames: ['model', 'outcome', 'reason'],
      registers,
    });
    const histogram = (name: string, help: string, ...labelNames: string[]) =>
      new Histogram({ name, help, labelNames, buckets: SECONDS, registers });
    this.contextSeconds = histogram('tandem_ai_context_seconds', 'Time until a prompt was made', 'model');
    this.firstTextSeconds = histogram('tandem_ai_first_text_seconds', "Time until a model's first text came", 'model');
    this.completionSeconds = histogram('tandem_ai_completion_seconds', 'Time until a completion was whole', 'model');
    this.analysisSeconds = histogram('tandem_ai_analysis_seconds', 'Time of an analyzer for a file', 'source');
    this.failures = new Counter({
      name: 'tandem_ai_analysis_failures_total',
      help: 'Files that an analyzer could not look at',
      labelNames: ['source'],
      registers,
    });
  }

  completed({
    model,
    outcome,
    reason = '',
    contextMs,
    firstMs,
    totalMs,
  }: Parameters<AiObserver['completed']>[0]): void {
    this.completions.inc({ model, outcome, reason });
    if (contextMs !== undefined) this.contextSeconds.observe({ model }, contextMs / 1000);
    if (firstMs !== undefined) this.firstTextSeconds.observe({ model }, firstMs / 1000);
    if (totalMs !== undefined) this.completionSeconds.observe({ model }, totalMs / 1000);
  }

  analyzed(source: string, seconds: number): void {
    this.analysisSeconds.observe({ source }, seconds);
  }

  unanalyzed(source: string, error: unknown, documentId: string): void {
    this.failures.inc({ source });
    this.logger.warn({ err: error, source, documentId }, 'an analyzer could not look at a file');
  }

  broken(error: unknown, requestId: string): void {
    this.logger.error({ err: error, requestId }, 'an AI request failed');
  }
}
