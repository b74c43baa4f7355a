import { describe, expect, it, jest } from '@jest/globals';
import type { AiMessage, AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests, ClaimedAnalysis } from '../../../core/ai/ai-requests.js';
import type { Analyzer } from '../../../core/ai/analyzer.js';
import type { DiagnosticsStore, SourceResult } from '../../../core/ai/diagnostics-store.js';
import { DocumentTooSlow } from '../../../core/ai/replicas.js';
import { eventually } from '../../../testing/eventually.js';
import type { AiObserver } from './ai-observer.js';
import { AnalysisRunner } from './analysis-runner.js';
import type { DocumentReplicas } from './document-replicas.js';

const snapshot = { type: 'text', seq: 7, stateVector: new Uint8Array([0]), text: '', ids: new Float64Array() } as const;

function stored(source: string, diagnostics: unknown[]): SourceResult {
  return {
    documentId: 'a',
    source,
    runId: 'before',
    seq: 3,
    stateVector: new Uint8Array([0]),
    diagnostics,
  } as SourceResult;
}

/** A run over the file `a` by a linter of TypeScript. */
function scene({ path = 'a.ts', before = [] as SourceResult[] } = {}) {
  const told: AiMessage[] = [];
  const store = {
    documents: jest.fn(async () => [{ id: 'a', path }]),
    document: jest.fn(async () => ({ id: 'a', path })),
    ofDocument: jest.fn(async () => before),
    replace: jest.fn(async (_results: readonly SourceResult[]) => {}),
  };
  const requests = { finishAnalysis: jest.fn(async (..._args: unknown[]) => true) };
  const text = jest.fn(async (_id: string, _signal?: AbortSignal): Promise<typeof snapshot> => snapshot);
  const analyze = jest.fn(async () => []);
  const linter = {
    source: 'oxlint',
    runsOn: 'edits',
    isRemote: false,
    handles: (file: string) => file.endsWith('.ts'),
    analyze,
  };
  const observer = { broken: jest.fn(), analyzed: jest.fn(), unanalyzed: jest.fn() };
  const runner = new AnalysisRunner(
    requests as unknown as AiRequests,
    { publish: (message: AiMessage) => told.push(message) } as unknown as AiRelay,
    { text } as unknown as DocumentReplicas,
    store as unknown as DiagnosticsStore,
    [linter as unknown as Analyzer],
    observer as unknown as AiObserver,
  );
  const claim = (userId: string | null): ClaimedAnalysis => ({
    kind: 'analysis',
    id: 'run',
    attempt: 1,
    projectId: 'project',
    documentId: 'a',
    userId,
    role: userId === null ? null : 'editor',
    settings: {
      configuration: { analysisRules: {} },
      aiContext: { excludedPaths: [], instructions: '' },
    } as unknown as ClaimedAnalysis['settings'],
  });
  const states = () => told.map((message) => (message.type === 'progress' ? message.state : message.type));
  return { runner, claim, store, requests, text, analyze, observer, states };
}

describe('AnalysisRunner', () => {
  it('a run over one document asks for that one alone', async () => {
    const { runner, claim, store, states } = scene();
    await runner.run(claim(null));
    expect(store.documents).not.toHaveBeenCalled();
    expect(store.replace.mock.calls[0]![0]).toMatchObject([{ source: 'oxlint', seq: 7, runId: 'run' }]);
    expect(states()).toEqual(['analysis']);
  });

  it('a file that nobody handles is not read, and loses what was said of it under another name', async () => {
    const before = [stored('oxlint', [{}]), stored('review', [{}])];
    const { runner, claim, store, text, states } = scene({ path: 'a.txt', before });
    await runner.run(claim('ada'));
    expect(text).not.toHaveBeenCalled();
    expect(store.replace.mock.calls).toEqual([[[{ ...before[0], runId: 'run', diagnostics: [] }]]]);
    expect(states()).toEqual(['running', 'analysis', 'complete']);
    const clean = scene({ path: 'a.txt', before: [stored('oxlint', [])] });
    await clean.runner.run(clean.claim(null));
    expect(clean.store.replace).not.toHaveBeenCalled();
    expect(clean.states()).toEqual([]);
  });

  it('skips a document that is too slow to read, and says so once', async () => {
    const { runner, claim, store, text, observer, states } = scene();
    text.mockRejectedValueOnce(new DocumentTooSlow('text took longer than 5000 ms'));
    text.mockRejectedValue(new DocumentTooSlow('before', { isRemembered: true }));
    for (let n = 0; n < 3; n++) await runner.run(claim('ada'));
    expect(observer.broken).toHaveBeenCalledTimes(1);
    expect(store.replace).not.toHaveBeenCalled();
    expect(states()).toEqual([1, 2, 3].flatMap(() => ['running', 'complete']));
  });

  it('tells nothing of a run that somebody else ended, or that is given back', async () => {
    const { runner, claim, requests, text, states } = scene();
    text.mockImplementation(
      (_id, signal) =>
        new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error))),
    );
    const run = runner.run(claim('ada'));
    await eventually('it is under way', () => text.mock.calls.length > 0);
    runner.cancel('run');
    await run;
    expect(states()).toEqual(['running']);
    text.mockResolvedValue(snapshot);
    requests.finishAnalysis.mockResolvedValue(false);
    await runner.run(claim('ada'));
    expect(states()).toEqual(['running', 'running', 'analysis']);
  });

  it('tells of a failure who waits for the run', async () => {
    const { runner, claim, store, states } = scene();
    store.document.mockRejectedValue(new Error('away'));
    await runner.run(claim(null));
    expect(states()).toEqual([]);
    await runner.run(claim('ada'));
    expect(states()).toEqual(['failed']);
  });
});
