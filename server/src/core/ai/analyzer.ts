export interface AnalysisInput {
  readonly projectId: string;
  readonly documentId: string;
  readonly path: string;
  readonly text: string;
  /** `project.configuration.analysisRules`: a rule, or a whole source, on or off by name. */
  readonly rules: Readonly<Record<string, boolean>>;
  /** `project.aiContext.instructions`. */
  readonly instructions: string;
}

/** What an analyzer found. `start` and `end` are UTF-16 offsets in the text, `start <= end <= text.length`. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  /** LSP: error, warning, information, hint. */
  readonly severity: 1 | 2 | 3 | 4;
  /** The rule, by the name that the analyzer itself uses. */
  readonly code?: string | undefined;
  /** Where the rule is described. */
  readonly href?: string | undefined;
  readonly message: string;
  /** LSP: unnecessary, deprecated. */
  readonly tags?: readonly (1 | 2)[] | undefined;
}

/** One linter, or a reviewer. */
export abstract class Analyzer {
  /** Its name in diagnostics; its results replace those that it gave for the document before. */
  abstract readonly source: string;
  /** Whether it runs by itself after edits, or only when somebody asks (`analysis:start`). */
  abstract readonly runsOn: 'edits' | 'request';
  /** Whether the text leaves this server: what a project shows to no model is not given to it. */
  readonly isRemote: boolean = false;
  abstract handles(path: string): boolean;
  /** What the project's rules leave, in the order of the text. Rejects when it could not look; throws `signal.reason` when given up. */
  abstract analyze(input: AnalysisInput, signal: AbortSignal): Promise<Finding[]>;
  abstract close(): Promise<void>;
}
