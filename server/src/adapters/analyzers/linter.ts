import { type AnalysisInput, Analyzer, type Finding } from '../../core/ai/analyzer.js';
import { MAX_TEXT_LENGTH, TOO_LARGE } from './findings.js';
import { GaveUp } from './gave-up.js';

/** For so long a document that a linter gave up is not shown to it again, whatever is typed. */
const REST_MS = 60_000;
const MAX_RESTING = 1000;

/** More rules than any project names; each of them may cost a trial. */
const MAX_RULES = 500;

/**
 * What all linters share. A text above 1 MB is not analysed: its one finding, of severity 3 at 0..0, says so. At most 500
 * findings. `rules` may hold any names: one that the linter does not know changes nothing. Rejects when the linter died
 * of the text or did not finish in time; then the document rests for a minute, so that it cannot keep the linter from
 * the others. Repeating a call is safe.
 */
export abstract class Linter extends Analyzer {
  override readonly runsOn = 'edits';
  /** In lower case, with the dot. */
  protected abstract readonly extensions: ReadonlySet<string>;
  private readonly resting = new Map<string, number>();
  private closing: Promise<void> | undefined;

  override handles(path: string): boolean {
    return this.extensions.has(extensionOf(path));
  }

  override async analyze(input: AnalysisInput, signal: AbortSignal): Promise<Finding[]> {
    signal.throwIfAborted();
    if (this.closing !== undefined) throw new Error(`${this.source} is closed`);
    const rules = Object.fromEntries(Object.entries(input.rules).slice(0, MAX_RULES));
    if (input.text.length > MAX_TEXT_LENGTH) return rules[this.source] === false ? [] : [TOO_LARGE];
    if (this.rests(input.documentId)) throw new Error(`${this.source} gave this document up a moment ago`);
    try {
      // Half a surrogate pair has no UTF-8. What replaces it is as long.
      return await this.look({ ...input, rules, text: input.text.toWellFormed() }, signal);
    } catch (error) {
      if (error instanceof GaveUp) this.rest(input.documentId);
      throw error;
    }
  }

  /** Ends what is under way. */
  override close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** Of a text that is well-formed and not too large. Throws `GaveUp` for one that is to blame. */
  protected abstract look(input: AnalysisInput, signal: AbortSignal): Promise<Finding[]>;
  protected abstract end(): Promise<void>;

  private rests(documentId: string): boolean {
    const until = this.resting.get(documentId);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.resting.delete(documentId);
    return false;
  }

  private rest(documentId: string): void {
    this.resting.delete(documentId);
    this.resting.set(documentId, performance.now() + REST_MS);
    const [oldest] = this.resting.keys();
    if (this.resting.size > MAX_RESTING && oldest !== undefined) this.resting.delete(oldest);
  }
}

export function extensionOf(path: string): string {
  return /\.[^./]*$/.exec(path)?.[0].toLowerCase() ?? '';
}

/** The file's own name: some rules and formats go by it. The linters keep it in folders of their own. */
export function baseNameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const extension = extensionOf(name);
  const stem = name.slice(0, name.length - extension.length);
  return (stem === '' ? 'unnamed' : stem) + extension;
}
