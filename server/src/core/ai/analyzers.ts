import type { Analyzer } from './analyzer.js';

/** All analyzers of this process. */
export class Analyzers {
  constructor(readonly all: readonly Analyzer[]) {}

  async close(): Promise<void> {
    await Promise.all(this.all.map((analyzer) => analyzer.close()));
  }
}
