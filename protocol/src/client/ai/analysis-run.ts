import type { AnalysisProgressEvent } from '../../wire/analysis.js';
import { Emitter } from '../emitter.js';

export type AnalysisState = AnalysisProgressEvent['state'];

export interface AnalysisRunEvents {
  progress: AnalysisRun;
}

/** One run that was asked for; its results come as they are found, as `analysis` events and in `Diagnostics`. */
export class AnalysisRun {
  /** Never rejects. `failed` also when the connection was lost: the run may go on, its end is not heard. */
  readonly finished: Promise<'complete' | 'cancelled' | 'failed'>;
  private readonly events = new Emitter<AnalysisRunEvents>();
  private progress = { done: 0, total: 0, state: 'running' as AnalysisState };
  private resolve!: (state: 'complete' | 'cancelled' | 'failed') => void;

  /** For the client. */
  constructor(readonly runId: string) {
    this.finished = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** Documents that were looked at. */
  get done(): number {
    return this.progress.done;
  }
  get total(): number {
    return this.progress.total;
  }
  get state(): AnalysisState {
    return this.progress.state;
  }

  on<E extends keyof AnalysisRunEvents>(event: E, listener: (payload: AnalysisRunEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** For the client. */
  told({ done, total, state }: Pick<AnalysisProgressEvent, 'done' | 'total' | 'state'>): void {
    if (this.state !== 'running') return;
    this.progress = { done, total, state };
    if (state !== 'running') this.resolve(state);
    this.events.emit('progress', this);
  }

  /** For the client. */
  lost(): void {
    this.told({ ...this.progress, state: 'failed' });
  }
}
