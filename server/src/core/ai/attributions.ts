import type { Attribution } from '@tandem/protocol/http';

/** Which pieces of a document came from suggestions; told by the log. */
export abstract class Attributions {
  /** In the order in which they were stored. */
  abstract of(documentId: string): Promise<readonly Attribution[]>;
}
