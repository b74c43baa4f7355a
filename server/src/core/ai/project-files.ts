export interface ProjectFile {
  readonly id: string;
  readonly path: string;
  /** `seq` of its newest update: it changed when this did. */
  readonly head: number;
}

/** The text files of a project that somebody may read. */
export abstract class ProjectFiles {
  /** None for who is no member (any more). */
  abstract readable(userId: string, projectId: string): Promise<readonly ProjectFile[]>;
}
