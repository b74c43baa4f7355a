import { seededRandom } from '@tandem/protocol/testing';
import type { Cluster } from './cluster.js';
import { Crowd, type CrowdOptions } from './crowd.js';
import { Ledger } from './ledger.js';
import { countsOf, report } from './report.js';

export const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
/** `npm run test:faults`: more of everything, and as long as FAULTS says. */
export const IS_LONG = process.env.TANDEM_FAULTS === 'long';

/** A few people in new documents of a cluster, who type while something fails, and what is to be found afterwards. */
export class Trial {
  private readonly began = performance.now();

  private constructor(
    readonly crowd: Crowd,
    readonly documentIds: readonly string[],
  ) {}

  static async begin(
    cluster: Cluster,
    options: Partial<Pick<CrowdOptions, 'writers' | 'nodes' | 'everyMs'>> & { documents?: number } = {},
  ): Promise<Trial> {
    const { documents = 2, writers = 8, ...more } = options;
    const documentIds = await cluster.addDocuments(documents);
    const random = seededRandom(SEED);
    const crowd = new Crowd({ cluster, random, ledger: new Ledger(), documentIds, writers, ...more });
    await crowd.typing();
    return new Trial(crowd, documentIds);
  }

  /** Resolves to the rules that were broken, which are none; tells the write-up. */
  async end(fault: string, facts: Readonly<Record<string, number | string>> = {}): Promise<unknown[]> {
    const violations = await this.crowd.settle();
    report(fault, { ...facts, ...countsOf(this.crowd.ledger), ms: Math.round(performance.now() - this.began) });
    return violations;
  }

  async close(): Promise<void> {
    await this.crowd.close();
  }
}
