import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '@tandem/protocol';
import type { LearningModel } from '../../../core/ai/learning-model.js';
import type { ProjectFile, ProjectFiles } from '../../../core/ai/project-files.js';
import { isDenied } from '../../../core/ai/prompt/denied-paths.js';
import type { Compactor } from '../../../core/document/compactor.js';
import type { UpdateLog } from '../../../core/document/update-log.js';
import { matchesPath } from '../../../core/project/path-patterns.js';
import { readableState } from '../../documents/readable-state.js';
import type { AiObserver } from './ai-observer.js';

/** Files are looked at again for changes no sooner, in milliseconds. */
const REFRESH_MS = 1_500;
/** How long the first request of a project waits for its files. */
const FIRST_WAIT_MS = 300;
const MAX_PROJECTS = 256;

interface Corpus {
  readonly heads: Map<string, { head: number; path: string }>;
  refreshedAt: number;
  running: Promise<void> | undefined;
}

/** Teaches the statistical model the files of a project, and what changes in them. */
export class ProjectCorpus {
  private readonly corpora = new Map<string, Corpus>();

  constructor(
    private readonly model: LearningModel,
    private readonly files: ProjectFiles,
    private readonly log: UpdateLog,
    private readonly compactor: Compactor,
    private readonly observer: AiObserver,
  ) {}

  /** The model knows the project, or has begun to learn it. What changed a moment ago follows in the background. */
  async ready(userId: string, projectId: string, excludedPaths: readonly string[], signal: AbortSignal): Promise<void> {
    const isNew = !this.model.knows(projectId);
    if (isNew) this.corpora.delete(projectId);
    const corpus = this.corpora.get(projectId) ?? { heads: new Map(), refreshedAt: -REFRESH_MS, running: undefined };
    // The most recently used stands last.
    this.corpora.delete(projectId);
    this.corpora.set(projectId, corpus);
    const [oldest] = this.corpora.keys();
    if (this.corpora.size > MAX_PROJECTS && oldest !== undefined) this.corpora.delete(oldest);
    if (!corpus.running && performance.now() - corpus.refreshedAt >= REFRESH_MS) {
      corpus.running = this.refresh(userId, projectId, excludedPaths, corpus)
        .catch((error: unknown) => this.observer.broken(error, projectId))
        .finally(() => {
          corpus.refreshedAt = performance.now();
          corpus.running = undefined;
        });
    }
    if (isNew && corpus.running) {
      await Promise.race([corpus.running, delay(FIRST_WAIT_MS, undefined, { signal, ref: false })]);
    }
  }

  private async refresh(
    userId: string,
    projectId: string,
    excludedPaths: readonly string[],
    corpus: Corpus,
  ): Promise<void> {
    const readable = await this.files.readable(userId, projectId);
    const files = readable.filter(({ path }) => !isDenied(path) && !matchesPath(path, excludedPaths));
    const gone = new Set(corpus.heads.keys());
    for (const file of files) gone.delete(file.id);
    for (const documentId of gone) {
      corpus.heads.delete(documentId);
      await this.model.forget(projectId, documentId);
    }
    for (const file of files) {
      const known = corpus.heads.get(file.id);
      if (known?.head === file.head && known.path === file.path) continue;
      await this.learn(projectId, file);
      corpus.heads.set(file.id, file);
      if (!this.model.knows(projectId)) return;
    }
  }

  private async learn(projectId: string, { id, path }: ProjectFile): Promise<void> {
    try {
      const text = await this.read(id);
      await this.model.learn(projectId, { documentId: id, path, text });
    } catch (error) {
      // One file that cannot be read is no reason to know nothing of the others.
      if (!(error instanceof TandemError)) this.observer.broken(error, id);
    }
  }

  private async read(documentId: string): Promise<string> {
    const stored = await this.log.load(documentId);
    if (!stored) throw new TandemError('not_found');
    return this.compactor.textOf((await readableState(documentId, stored)).encode());
  }
}
