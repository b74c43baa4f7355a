import type { PathRule, PathRuleList } from '@tandem/protocol/http';
import type { Committed } from './committed.js';

/**
 * The rules of a project's paths (`roleAt`). Refusals as in `Projects`. A change moves the fence of the project's documents
 * (decision 002): once it has resolved, no append that was admitted under the old rules commits.
 */
export abstract class PathRuleStore {
  abstract get(userId: string, projectId: string): Promise<PathRuleList>;
  /** Replaces all of them. Rejects with `outdated` when `version` is given and is not that of now. A repeat changes nothing. */
  abstract set(
    userId: string,
    projectId: string,
    rules: readonly PathRule[],
    version?: number,
  ): Promise<Committed<PathRuleList>>;
}
