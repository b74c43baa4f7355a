import type { ClaimedCompletion } from '../../../core/ai/ai-requests.js';
import { type CompletionPrompt, ModelError, type ModelProvider } from '../../../core/ai/model-provider.js';
import type { ProjectFile, ProjectFiles } from '../../../core/ai/project-files.js';
import { assembleContext, type ContextInput } from '../../../core/ai/prompt/assemble-context.js';
import { chooseLines } from '../../../core/ai/prompt/choose-lines.js';
import type { SecretFilter } from '../../../core/ai/prompt/secret-filter.js';
import type { Located } from '../../../core/ai/replicas.js';
import { matchesPath } from '../../../core/project/path-patterns.js';
import type { DocumentReplicas } from './document-replicas.js';
import type { ProjectCorpus } from './project-corpus.js';
import { Unanswerable } from './unanswerable.js';

/** What other files have not been read by then is left out this time; it is there for the next, in milliseconds. */
const DEADLINE_MS = 40;
const MAX_FILES = 24;
const MAX_TOKENS = { single: 64, multi: 192 };

type Other = ContextInput['others'][number];

/** Makes the prompt of a request: what its asker may read, and the project lets a model see. */
export class ContextBuilder {
  constructor(
    private readonly files: ProjectFiles,
    private readonly replicas: DocumentReplicas,
    private readonly corpus: ProjectCorpus,
    private readonly secrets: SecretFilter,
  ) {}

  /** Rejects with Unanswerable when the model may not be told, ModelError when that could not be found out. */
  async build(
    claim: ClaimedCompletion,
    located: Located,
    model: ModelProvider,
    signal: AbortSignal,
  ): Promise<CompletionPrompt> {
    const { path, projectId, documentId, question, userId, settings } = claim;
    const { prefix, suffix } = located;
    const { alternatives, trigger } = question;
    const about = { projectId, documentId, alternatives, trigger };
    const { excludedPaths } = settings.aiContext;
    if (matchesPath(path, excludedPaths)) {
      throw new Unanswerable('forbidden', 'The project shows this file to no model');
    }
    if (model.kind === 'statistical') {
      // It knows the project's files by itself, stays on this server, and sees to the end of the line.
      await this.corpus.ready(userId, projectId, excludedPaths, signal);
      const nothing = { snippets: [], instructions: '' };
      return { ...about, ...nothing, path, prefix, suffix, lines: 'single', maxTokens: MAX_TOKENS.single };
    }
    const context = assembleContext({
      path,
      text: prefix + suffix,
      offset: prefix.length,
      others: await this.others(claim, signal),
      excludedPaths,
      instructions: settings.aiContext.instructions,
    });
    if (!context) throw new Unanswerable('forbidden', 'Nothing of this file is told to a model');
    const lines = chooseLines(prefix, suffix, path);
    const prompt = await this.secrets.redact({ ...about, ...context, lines, maxTokens: MAX_TOKENS[lines] });
    if (prompt.prefix === '' && context.prefix !== '') {
      throw new ModelError('provider_error', 'The text could not be searched for secrets in time');
    }
    return prompt;
  }

  /** The first search for secrets takes as long as a hundred others. */
  async warmUp(): Promise<void> {
    const about = { projectId: '', documentId: '', path: 'a.ts', suffix: '', snippets: [], instructions: '' };
    await this.secrets.redact({
      ...about,
      prefix: 'const a = 1;',
      trigger: 'manual',
      alternatives: 1,
      lines: 'single',
      maxTokens: 1,
    });
  }

  private async others(claim: ClaimedCompletion, signal: AbortSignal): Promise<Other[]> {
    const { settings, question, documentId } = claim;
    const { pinnedPaths } = settings.aiContext;
    if (pinnedPaths.length === 0 && question.openDocuments.length === 0) return [];
    const wanted = new Set(question.openDocuments);
    const files = await this.files.readable(claim.userId, claim.projectId);
    const chosen = files
      .filter(({ id, path }) => id !== documentId && (wanted.has(id) || matchesPath(path, pinnedPaths)))
      .slice(0, MAX_FILES);
    const texts: Other[] = [];
    const enough = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    await Promise.all(
      chosen.map(async (file) => {
        const text = await this.read(file, enough);
        if (text !== undefined) {
          texts.push({ path: file.path, text, priority: matchesPath(file.path, pinnedPaths) ? 'pinned' : 'open' });
        }
      }),
    );
    return texts;
  }

  private async read({ id }: ProjectFile, enough: AbortSignal): Promise<string | undefined> {
    try {
      return await this.replicas.textFor(id, enough);
    } catch {
      // Deleted meanwhile, too late, or the database is away: the request goes on without it.
      return undefined;
    }
  }
}
