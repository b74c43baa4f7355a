import type { AnalysisResultEvent } from '@tandem/protocol';
import type { AnalysisRun, TandemClient } from '@tandem/protocol/client';
import { Scope } from '../base/scope.js';
import { computed, type Readable, signal } from '../base/signal.js';
import { tell } from '../ui/toasts.js';
import type { DocumentPool } from '../workspace/document-pool.js';
import type { OpenDocument } from '../workspace/open-document.js';
import type { Project } from '../workspace/project.js';
import { byPlace, type Problem, problemsOf, resolvedProblems, type Severity } from './problem.js';

/** The problems of one file. */
export interface FileProblems {
  readonly documentId: string;
  readonly path: string;
  readonly problems: readonly Problem[];
}

export interface RunProgress {
  readonly done: number;
  readonly total: number;
}

/** Edits and findings come in bursts; lists follow at this pace, in milliseconds. The editor itself does not wait. */
const PACE_MS = 120;

/** What analysis has found in the documents of a project: where it is now in those that are open. */
export class Problems {
  /** What each source said last of a document. */
  readonly #results = new Map<string, Map<string, AnalysisResultEvent>>();
  /** Open documents whose providers were told something: what they say is all there is. */
  readonly #resolved = new Set<string>();
  readonly #found = signal<ReadonlyMap<string, readonly Problem[]>>(new Map());
  readonly #run = signal<AnalysisRun | undefined>(undefined);
  readonly #progress = signal<RunProgress | undefined>(undefined);
  readonly #heard = signal(false);
  /** Whether anything was analysed since the project was opened: without it, none found means nothing. */
  readonly isKnown: Readable<boolean> = this.#heard;
  /** Of the run that was asked for here and goes on. */
  readonly progress: Readable<RunProgress | undefined> = this.#progress;
  readonly files: Readable<readonly FileProblems[]>;
  readonly counts: Readable<Record<Severity, number>>;

  constructor(
    private readonly project: Project,
    pool: DocumentPool,
    private readonly client: TandemClient,
    /** What was said while the project was being opened. */
    early: readonly AnalysisResultEvent[],
  ) {
    const { scope } = project;
    this.files = computed(() => {
      const documents = project.documents.value;
      return [...this.#found.value]
        .flatMap(([documentId, problems]) => {
          const path = documents.get(documentId)?.path;
          return path === undefined || problems.length === 0 ? [] : [{ documentId, path, problems }];
        })
        .sort((a, b) => (a.path < b.path ? -1 : 1));
    });
    this.counts = computed(() => {
      const counts = { 1: 0, 2: 0, 3: 0, 4: 0 };
      for (const { problems } of this.files.value) for (const { severity } of problems) counts[severity] += 1;
      return counts;
    });
    scope.add(client.on('analysis', (event) => this.#onResult(event, pool)));
    for (const event of early) this.#onResult(event, pool);
    const followed = new Map<OpenDocument, Scope>();
    scope.effect(() => {
      const open = new Set(pool.documents.value);
      for (const [document, within] of followed) {
        if (open.has(document)) continue;
        within.dispose();
        followed.delete(document);
      }
      for (const document of open) {
        if (followed.has(document)) continue;
        const within = scope.child();
        followed.set(document, within);
        this.#follow(document, within);
      }
    });
  }

  /** Looks at every document of the project; one run at a time. Rejects with the refusal. */
  async analyze(): Promise<void> {
    if (this.#run.peek()) return;
    this.#progress.value = { done: 0, total: 0 };
    try {
      const run = await this.client.analyze({ projectId: this.project.id });
      this.#run.value = run;
      const stop = run.on('progress', () => {
        this.#progress.value = { done: run.done, total: run.total };
      });
      const end = await run.finished.finally(stop);
      if (end === 'failed') tell('The analysis was not finished');
      this.#heard.value = true;
    } finally {
      this.#run.value = undefined;
      this.#progress.value = undefined;
    }
  }

  /** The next one after a place, or the one before it: in the same file, then in the others, round the end. */
  step(by: 1 | -1, from: { documentId: string | undefined; offset: number }): Problem | undefined {
    const files = this.files.peek();
    const here = files.findIndex(({ documentId }) => documentId === from.documentId);
    const inFile = files[here]?.problems ?? [];
    const start = (problem: Problem) => problem.range?.from ?? -1;
    const further =
      by === 1
        ? inFile.find((problem) => start(problem) > from.offset)
        : inFile.findLast((problem) => start(problem) < from.offset);
    if (further) return further;
    const at = here < 0 ? (by === 1 ? -1 : 0) : here;
    const next = files.at((at + by + files.length) % Math.max(1, files.length))?.problems;
    return by === 1 ? next?.[0] : next?.at(-1);
  }

  #onResult(event: AnalysisResultEvent, pool: DocumentPool): void {
    const { documentId, source } = event;
    this.#heard.value = true;
    const results = this.#results.get(documentId) ?? new Map<string, AnalysisResultEvent>();
    this.#results.set(documentId, results.set(source, event));
    // The provider of an open document resolves its own.
    if (pool.documents.peek().some((document) => document.documentId === documentId)) this.#resolved.add(documentId);
    else this.#put(documentId, [...results.values()].flatMap(problemsOf));
  }

  #follow(document: OpenDocument, within: Scope): void {
    const { documentId, diagnostics } = document;
    within.add(() => this.#resolved.delete(documentId));
    let pending = false;
    const read = () => {
      pending = false;
      // What was said before it was opened stands until its provider has heard it, too.
      if (!this.#resolved.has(documentId)) return;
      const { list } = diagnostics;
      if (list.length === 0 && !this.#found.peek().get(documentId)?.length) return;
      this.#put(documentId, resolvedProblems(documentId, list, document.bound.peek().text.toString()));
    };
    // Told of edits, too: they move what is below them.
    const change = diagnostics.on('change', () => {
      if (pending) return;
      pending = true;
      within.after(PACE_MS, read);
    });
    within.add(change);
  }

  #put(documentId: string, problems: readonly Problem[]): void {
    this.#found.update((all) => new Map(all).set(documentId, [...problems].sort(byPlace)));
  }
}
