import type { z } from 'zod';
import type { PathRuleList, pathRulesBody } from '../../http/path-rules.js';
import type { AccountPort } from './account-api.js';

/** Where in a project editors may write. */
export class PathRulesApi {
  constructor(private readonly api: AccountPort) {}

  get(projectId: string): Promise<PathRuleList> {
    return this.api.json('GET', `/projects/${projectId}/path-rules`);
  }
  /**
   * Replaces all of them, for open documents too; for maintainers and owners. Rejects with `outdated` when `version` is given
   * and somebody has changed them since.
   */
  set(projectId: string, body: z.input<typeof pathRulesBody>): Promise<PathRuleList> {
    return this.api.json('PUT', `/projects/${projectId}/path-rules`, body);
  }
}
