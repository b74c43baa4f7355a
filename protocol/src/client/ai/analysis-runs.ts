import type { TandemError } from '../../errors.js';
import type { AnalysisProgressEvent } from '../../wire/analysis.js';
import type { Outcome } from '../document/document-link.js';
import { AnalysisRun } from './analysis-run.js';

type Ask = (answered: (outcome: Outcome<{ readonly runId: string }>) => void) => boolean;

/** The runs that were asked for on this connection. */
export class AnalysisRuns {
  private readonly running = new Map<string, AnalysisRun>();
  /** Rejects what was asked and not answered. */
  private readonly asked = new Set<(error: TandemError) => void>();
  /** Told before the answer that names the run. */
  private readonly early = new Map<string, AnalysisProgressEvent>();

  /** Rejects with the refusal, or with `unreachable`, which the caller makes. */
  start(ask: Ask, unreachable: () => TandemError): Promise<AnalysisRun> {
    return new Promise((resolve, reject) => {
      this.asked.add(reject);
      const sent = ask((outcome) => {
        this.asked.delete(reject);
        if (outcome.ok) resolve(this.started(outcome.value.runId));
        else reject(outcome.error);
        if (this.asked.size === 0) this.early.clear();
      });
      if (sent) return;
      this.asked.delete(reject);
      reject(unreachable());
    });
  }

  told(progress: AnalysisProgressEvent): void {
    const run = this.running.get(progress.runId);
    if (!run) {
      if (this.asked.size > 0) this.early.set(progress.runId, progress);
      return;
    }
    if (progress.state !== 'running') this.running.delete(progress.runId);
    run.told(progress);
  }

  lost(unreachable: TandemError): void {
    for (const reject of this.asked) reject(unreachable);
    for (const run of this.running.values()) run.lost();
    this.asked.clear();
    this.running.clear();
    this.early.clear();
  }

  private started(runId: string): AnalysisRun {
    // Asked for twice, the server may answer with the run that is under way.
    const run = this.running.get(runId) ?? new AnalysisRun(runId);
    this.running.set(runId, run);
    const early = this.early.get(runId);
    if (early) this.told(early);
    return run;
  }
}
