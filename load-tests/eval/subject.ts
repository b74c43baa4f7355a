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
  /** The rest of the line, without its line break. */
  completeLine(maxTokens: number): Line | undefined;
}
