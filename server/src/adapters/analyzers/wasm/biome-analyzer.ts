import type { AnalysisInput, Finding } from '../../../core/ai/analyzer.js';
import { Linter } from '../linter.js';
import type { WasmThread } from './wasm-thread.js';

/**
 * JSON, CSS, HTML and GraphQL by Biome; JavaScript and TypeScript are oxlint's. A finding's code is the rule's name
 * (`noDuplicateObjectKeys`), or `parse` and `deserialize` for what is no rule's. `rules` takes that name also behind its
 * group (`suspicious/noDuplicateObjectKeys`, `lint/suspicious/…`): groups change between versions of Biome, names do not.
 */
export class BiomeAnalyzer extends Linter {
  override readonly source = 'biome';
  protected override readonly extensions = new Set([
    '.json',
    '.jsonc',
    '.css',
    '.html',
    '.htm',
    '.graphql',
    '.gql',
    '.webmanifest',
  ]);
  private readonly thread: WasmThread;

  constructor(thread: WasmThread) {
    super();
    this.thread = thread.share();
  }

  protected override look({ path, text, rules }: AnalysisInput, signal: AbortSignal): Promise<Finding[]> {
    return this.thread.lint('biome', { path, text, rules }, signal);
  }

  protected override end(): Promise<void> {
    return this.thread.release();
  }
}
