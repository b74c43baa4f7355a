import type { NewDocument } from './documents-directory.js';
import type { NewProject } from './projects.js';

export interface DemoSeed {
  /** Fixed: they are how a later start finds what an earlier one made, whatever it is called by then. */
  readonly projectId: string;
  readonly ownerId: string;
  readonly ownerName: string;
  readonly project: NewProject;
}

/** The project that the printed link opens. */
export abstract class DemoProject {
  /**
   * Makes the owner's account (nobody can sign in to it) and the project where they are missing; several nodes may do it
   * at once. `files` is asked for, and what it gives written, only when the project has no file.
   * @returns the documents of the project by path.
   */
  abstract ensure(
    seed: DemoSeed,
    files: () => Promise<readonly NewDocument[]>,
  ): Promise<readonly { id: string; path: string }[]>;
}
