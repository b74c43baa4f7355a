import { NgramModel } from '../../core/ai/ngram/ngram-model.js';

/** The tasks of the thread that holds the statistical models, one for each project. Its memory is the module's. */

/** The least recently used projects are forgotten first. */
const MAX_PROJECTS = 64;
const MAX_BYTES = 256 * 1024 * 1024;

const models = new Map<string, NgramModel>();

interface Learn {
  projectId: string;
  /** Nothing is known of the project yet: an unknown one is begun only so. */
  isFirst: boolean;
  documentId: string;
  path: string;
  text: string;
}

export interface CompleteTask {
  projectId: string;
  documentId: string;
  path: string;
  prefix: string;
  suffix: string;
  alternatives: number;
  maxTokens: number;
  threshold: number | undefined;
}

export interface CompleteAnswer {
  isKnown: boolean;
  candidates: readonly { text: string; tokens: number }[];
}

/** False: the project is not known (any more). */
export function learn({ projectId, isFirst, documentId, path, text }: Learn): boolean {
  const model = models.get(projectId) ?? (isFirst ? new NgramModel() : undefined);
  if (!model) return false;
  model.setDocument(documentId, path, text);
  touch(projectId, model);
  return true;
}

export function forget({ projectId, documentId }: { projectId: string; documentId: string }): void {
  models.get(projectId)?.removeDocument(documentId);
}

export function complete({ projectId, ...request }: CompleteTask): CompleteAnswer {
  const known = models.get(projectId);
  // Without the project's files its built-in idioms are all that it has.
  const model = known ?? new NgramModel();
  if (known) touch(projectId, known);
  return { isKnown: known !== undefined, candidates: model.complete(request) };
}

function touch(projectId: string, model: NgramModel): void {
  models.delete(projectId);
  models.set(projectId, model);
  let bytes = 0;
  for (const { stats } of models.values()) bytes += stats.bytes;
  for (const [oldest, { stats }] of models) {
    if (models.size <= 1 || (models.size <= MAX_PROJECTS && bytes <= MAX_BYTES)) return;
    bytes -= stats.bytes;
    models.delete(oldest);
  }
}
