import type { AnalysisInput, Finding } from '../../../core/ai/analyzer.js';

export type WasmLinterName = 'biome' | 'ruff';
export type LintRequest = Pick<AnalysisInput, 'path' | 'text' | 'rules'>;
/** Without a request it only loads the linter. */
export interface ThreadTask {
  readonly linter: WasmLinterName;
  readonly request?: LintRequest;
}
export type ThreadAnswer = { readonly findings: Finding[] } | { readonly error: string };
