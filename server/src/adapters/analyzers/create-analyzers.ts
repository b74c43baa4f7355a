import type { Analyzer } from '../../core/ai/analyzer.js';
import { OxlintAnalyzer } from './oxlint/oxlint-analyzer.js';
import { BiomeAnalyzer } from './wasm/biome-analyzer.js';
import { RuffAnalyzer } from './wasm/ruff-analyzer.js';
import { WasmThread } from './wasm/wasm-thread.js';

/** The linters that a server has, each for files of its own. Nothing is started before the first text. */
export function createAnalyzers(): Analyzer[] {
  const thread = new WasmThread();
  return [new OxlintAnalyzer(), new RuffAnalyzer(thread), new BiomeAnalyzer(thread)];
}
