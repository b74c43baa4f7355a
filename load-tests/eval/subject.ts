export interface Line {
  readonly text: string;
  readonly probability: number;
}

/** A model under evaluation: it is trained, then someone types a file that it has never seen, token by token. */
export interface Subject {
  train(path: string, text: string): void;
  /** An empty file: what was typed before is forgotten. */
  open(path: string): void;
  type(token: string): void;
  /** What may come next, best first. */
  nextTokens(limit: number): readonly string[];
  /** What the word becomes of which `typed` stands before the caret. */
  completeWord(typed: string): string | undefined;
  /** The rest of the line, without its line break; after `typed`, part of a word. Whatever its probability. */
  completeLine(maxTokens: number, typed?: string): Line | undefined;
  /** What somebody would be shown: the rest of the line, or a beginning of it, that is at least so probable. */
  offer(maxTokens: number, typed: string, threshold: number): Line | undefined;
}
