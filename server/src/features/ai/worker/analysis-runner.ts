import { TandemError } from '@tandem/protocol';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests, AiSettings, ClaimedAnalysis } from '../../../core/ai/ai-requests.js';
import type { Analyzer } from '../../../core/ai/analyzer.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import { isDenied } from '../../../core/ai/prompt/denied-paths.js';
import { matchesPath } from '../../../core/ai/prompt/path-patterns.js';
import type { TextSnapshot } from '../../../core/ai/replicas.js';
import { toDiagnostics } from '../../../core/ai/to-diagnostics.js';
import type { AiObserver } from './ai-observer.js';
import type { DocumentReplicas } from './document-replicas.js';

type Target = { readonly id: string; readonly path: string };

/** Looks at documents: one after an edit, or a whole project when somebody asks. */
export class AnalysisRunner {
  private readonly runs = new Map<string, { readonly claim: ClaimedAnalysis; readonly abort: AbortController }>();

  constructor(
    private readonly requests: AiRequests,
    private readonly relay: AiRelay,
    private readonly replicas: DocumentReplicas,
    private readonly store: DiagnosticsStore,
    private readonly analyzers: readonly Analyzer[],
    private readonly observer: AiObserver,
  ) {}

  get underWay(): readonly { id: string; attempt: number }[] {
    return [...this.runs.values()].map(({ claim: { id, attempt } }) => ({ id, attempt }));
  }

  cancel(id: string): void {
    this.runs.get(id)?.abort.abort(new Error('cancelled'));
  }

  async run(claim: ClaimedAnalysis): Promise<void> {
    const abort = new AbortController();
    this.runs.set(claim.id, { claim, abort });
    let progress = { done: 0, total: 0 };
    const tell = (state: 'running' | 'complete' | 'cancelled' | 'failed') =>
      this.relay.publish({ type: 'progress', projectId: claim.projectId, runId: claim.id, ...progress, state });
    try {
      const all = await this.store.documents(claim.projectId);
      const targets = claim.documentId === null ? all : all.filter(({ id }) => id === claim.documentId);
      progress = { done: 0, total: targets.length };
      for (const target of targets) {
        if (claim.userId !== null) tell('running');
        await this.look(claim, target, abort.signal);
        progress = { ...progress, done: progress.done + 1 };
      }
      if ((await this.requests.finishAnalysis(claim.id, claim.attempt, 'complete')) && claim.userId !== null) {
        tell('complete');
      }
    } catch (error) {
      if (abort.signal.aborted) {
        if (claim.userId !== null) tell('cancelled');
        return;
      }
      this.observer.broken(error, claim.id);
      if (await this.requests.finishAnalysis(claim.id, claim.attempt, 'failed')) tell('failed');
    } finally {
      this.runs.delete(claim.id);
    }
  }

  private async look(claim: ClaimedAnalysis, { id, path }: Target, signal: AbortSignal): Promise<void> {
    const concerned = this.analyzers.filter(({ runsOn }) => claim.userId !== null || runsOn === 'edits');
    const snapshot = await this.read(id);
    if (!snapshot) return;
    const results = await Promise.all(
      concerned.map((analyzer) =>
        // A file that was renamed, or a source that was switched off, loses what was said before.
        isAsked(analyzer, path, claim.settings) ? this.ask(analyzer, claim, { id, path }, snapshot, signal) : [],
      ),
    );
    signal.throwIfAborted();
    const { seq, stateVector } = snapshot;
    const stored = concerned.flatMap(({ source }, index): SourceResult[] => {
      const diagnostics = results[index];
      return diagnostics ? [{ documentId: id, source, runId: claim.id, seq, stateVector, diagnostics }] : [];
    });
    await this.store.replace(stored);
    this.relay.publish({ type: 'analysis', projectId: claim.projectId, documentId: id, runId: claim.id });
  }

  /** Undefined when the analyzer could not look: what it said before stands. */
  private async ask(
    analyzer: Analyzer,
    { projectId, settings }: ClaimedAnalysis,
    { id, path }: Target,
    snapshot: TextSnapshot,
    signal: AbortSignal,
  ) {
    const began = performance.now();
    const rules = settings.configuration.analysisRules;
    try {
      const findings = await analyzer.analyze(
        { projectId, documentId: id, path, text: snapshot.text, rules, instructions: settings.aiContext.instructions },
        signal,
      );
      this.observer.analyzed(analyzer.source, (performance.now() - began) / 1000, findings.length);
      return toDiagnostics(analyzer.source, findings, snapshot);
    } catch (error) {
      signal.throwIfAborted();
      this.observer.unanalyzed(analyzer.source, error, id);
      return undefined;
    }
  }

  /** Undefined when the document was deleted meanwhile. */
  private async read(documentId: string): Promise<TextSnapshot | undefined> {
    try {
      return await this.replicas.text(documentId);
    } catch (error) {
      if (error instanceof TandemError && error.code === 'not_found') return undefined;
      throw error;
    }
  }
}

function isAsked(analyzer: Analyzer, path: string, { configuration, aiContext }: AiSettings): boolean {
  if (configuration.analysisRules[analyzer.source] === false || !analyzer.handles(path)) return false;
  return !analyzer.isRemote || !(isDenied(path) || matchesPath(path, aiContext.excludedPaths));
}
