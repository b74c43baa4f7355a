import type { AnalysisInput, Finding } from '../../../core/ai/analyzer.js';
import { Linter } from '../linter.js';
import type { WasmThread } from './wasm-thread.js';

/**
 * Python by Ruff. A finding's code is Ruff's (`F401`), or `invalid-syntax`. `rules` takes codes and their prefixes
 * (`B`, `E5`); the longest that fits counts. See `ruff-lint.ts` for what is on by default.
 */
export class RuffAnalyzer extends Linter {
  override readonly source = 'ruff';
  protected override readonly extensions = new Set(['.py', '.pyi', '.pyw']);
  private readonly thread: WasmThread;

  constructor(thread: WasmThread) {
    super();
    this.thread = thread.share();
  }

  protected override look({ path, text, rules }: AnalysisInput, signal: AbortSignal): Promise<Finding[]> {
    return this.thread.lint('ruff', { path, text, rules }, signal);
  }

  protected override end(): Promise<void> {
    return this.thread.release();
  }
}
