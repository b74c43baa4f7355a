import { TandemError } from '@tandem/protocol';
import { can } from '../../../core/access/permissions.js';
import type { AiRelay, AnalysisProgressed } from '../../../core/ai/ai-relay.js';
import type { AiRequests, AiSettings, ClaimedAnalysis } from '../../../core/ai/ai-requests.js';
import type { Analyzer } from '../../../core/ai/analyzer.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import { isDenied } from '../../../core/ai/prompt/denied-paths.js';
import { DocumentTooSlow, type TextSnapshot } from '../../../core/ai/replicas.js';
import { toDiagnostics } from '../../../core/ai/to-diagnostics.js';
import { matchesPath } from '../../../core/project/path-patterns.js';
import type { AiObserver } from './ai-observer.js';
import type { DocumentReplicas } from './document-replicas.js';

type Target = { readonly id: string; readonly path: string };
type Progress = { readonly done: number; readonly total: number };

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

  /** `attempt`: only that one. */
  cancel(id: string, attempt?: number): void {
    const run = this.runs.get(id);
    if (attempt === undefined || run?.claim.attempt === attempt) run?.abort.abort(new Error('cancelled'));
  }

  async run(claim: ClaimedAnalysis): Promise<void> {
    const abort = new AbortController();
    const run = { claim, abort };
    this.runs.set(claim.id, run);
    try {
      await this.lookAtAll(claim, abort.signal);
    } catch (error) {
      // Cancelled, taken over, or given back: whoever did that tells.
      if (abort.signal.aborted) return;
      this.observer.broken(error, claim.id);
      await this.finish(claim, 'failed');
    } finally {
      if (this.runs.get(claim.id) === run) this.runs.delete(claim.id);
    }
  }

  private async lookAtAll(claim: ClaimedAnalysis, signal: AbortSignal): Promise<void> {
    const { userId, role } = claim;
    if (userId !== null && (role === null || !can(role, 'ai.use'))) {
      await this.finish(claim, 'failed', { done: 0, total: 0 }, 'forbidden');
      return;
    }
    const targets = await this.targetsOf(claim);
    const total = targets.length;
    for (const [done, target] of targets.entries()) {
      signal.throwIfAborted();
      this.tell(claim, 'running', { done, total });
      await this.look(claim, target, signal);
    }
    await this.finish(claim, 'complete', { done: total, total });
  }

  private async targetsOf({ projectId, documentId }: ClaimedAnalysis): Promise<readonly Target[]> {
    if (documentId === null) return this.store.documents(projectId);
    const target = await this.store.document(projectId, documentId);
    return target ? [target] : [];
  }

  private async finish(
    claim: ClaimedAnalysis,
    outcome: 'complete' | 'failed',
    progress: Progress = { done: 0, total: 0 },
    note?: string,
  ): Promise<void> {
    if (await this.requests.finishAnalysis(claim.id, claim.attempt, outcome, note)) this.tell(claim, outcome, progress);
  }

  /** Nobody waits for a run after edits. */
  private tell(
    { id, projectId, userId }: ClaimedAnalysis,
    state: AnalysisProgressed['state'],
    progress: Progress,
  ): void {
    if (userId !== null) this.relay.publish({ type: 'progress', projectId, runId: id, ...progress, state });
  }

  private async look(claim: ClaimedAnalysis, target: Target, signal: AbortSignal): Promise<void> {
    const { id, path } = target;
    const concerned = this.analyzers.filter(({ runsOn }) => claim.userId !== null || runsOn === 'edits');
    const asked = concerned.filter((analyzer) => isAsked(analyzer, path, claim.settings));
    // A file that was renamed, or a source that was switched off, loses what was said before.
    const silent = concerned.filter((analyzer) => !asked.includes(analyzer)).map(({ source }) => source);
    const results = [
      ...(await this.withdrawn(claim, id, silent)),
      ...(asked.length > 0 ? await this.found(claim, target, asked, signal) : []),
    ];
    signal.throwIfAborted();
    if (results.length === 0) return;
    await this.store.replace(results);
    this.relay.publish({ type: 'analysis', projectId: claim.projectId, documentId: id, runId: claim.id });
  }

  /** What the sources said before, without its diagnostics: for that the text need not be read. */
  private async withdrawn(claim: ClaimedAnalysis, documentId: string, sources: readonly string[]) {
    if (sources.length === 0) return [];
    const before = await this.store.ofDocument(documentId);
    return before
      .filter(({ source, diagnostics }) => sources.includes(source) && diagnostics.length > 0)
      .map((result): SourceResult => ({ ...result, runId: claim.id, diagnostics: [] }));
  }

  private async found(
    claim: ClaimedAnalysis,
    target: Target,
    analyzers: readonly Analyzer[],
    signal: AbortSignal,
  ): Promise<SourceResult[]> {
    const snapshot = await this.read(target.id, claim.id, signal);
    if (!snapshot) return [];
    const { seq, stateVector } = snapshot;
    const results = await Promise.all(
      analyzers.map(async (analyzer): Promise<SourceResult[]> => {
        const diagnostics = await this.ask(analyzer, claim, target, snapshot, signal);
        const { source } = analyzer;
        return diagnostics ? [{ documentId: target.id, source, runId: claim.id, seq, stateVector, diagnostics }] : [];
      }),
    );
    return results.flat();
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

  /** Undefined when the document was deleted meanwhile, or is skipped: it cannot be parsed in its time. */
  private async read(documentId: string, runId: string, signal: AbortSignal): Promise<TextSnapshot | undefined> {
    try {
      return await this.replicas.text(documentId, signal);
    } catch (error) {
      if (error instanceof TandemError && error.code === 'not_found') return undefined;
      if (!(error instanceof DocumentTooSlow)) throw error;
      if (!error.isRemembered) this.observer.broken(error, runId);
      return undefined;
    }
  }
}

function isAsked(analyzer: Analyzer, path: string, { configuration, aiContext }: AiSettings): boolean {
  if (configuration.analysisRules[analyzer.source] === false || !analyzer.handles(path)) return false;
  return !analyzer.isRemote || !(isDenied(path) || matchesPath(path, aiContext.excludedPaths));
}
