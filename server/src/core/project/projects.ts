import type { Project } from '@tandem/protocol/http';
import type { Committed } from './committed.js';

export interface NewProject {
  readonly name: string;
  readonly configuration: Project['configuration'];
  readonly aiContext: Project['aiContext'];
}

/**
 * Projects as one user sees them. Every method checks the user's role in the transaction that it acts in, and rejects
 * with TandemError `not_found` for who is no member (the same as for what does not exist) and `forbidden` for a member
 * whose role does not allow it.
 */
export abstract class Projects {
  /** Makes `userId` its owner. */
  abstract create(userId: string, project: NewProject): Promise<Project>;
  /** Those that the user is a member of, oldest first. */
  abstract list(userId: string): Promise<Project[]>;
  abstract get(userId: string, projectId: string): Promise<Project>;
  /** What is left out stays; `configuration` and `aiContext` are replaced as a whole. */
  abstract change(userId: string, projectId: string, patch: Partial<NewProject>): Promise<Committed<Project>>;
  /**
   * Ends the project for everybody: its documents count as deleted, its memberships and links are gone and no append
   * commits any more. Rows of documents are kept, as when a single document is deleted; retention removes them.
   */
  abstract delete(userId: string, projectId: string): Promise<Committed<void>>;
}
