import type { Person } from '../presence/person.js';

/** A suggestion as it is drawn: text that is not in the document. */
export interface Ghost {
  readonly completionId: string;
  /** Whose it is; undefined for one's own. */
  readonly owner: Person | undefined;
  readonly offset: number;
  readonly text: string;
  readonly alternative: number;
  readonly alternatives: number;
  readonly isDone: boolean;
  readonly model: string;
}
