import type { Diagnostic } from '@tandem/protocol';

export interface SourceResult {
  readonly documentId: string;
  readonly source: string;
  readonly runId: string;
  readonly seq: number;
  readonly stateVector: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
}

/** What each analyzer said last of a document. */
export abstract class DiagnosticsStore {
  /** Replaces what the sources said before; a result of an older state than the stored one is left out. */
  abstract replace(results: readonly SourceResult[]): Promise<void>;
  abstract ofDocument(documentId: string): Promise<readonly SourceResult[]>;
  /** Of every document that is there, by path; those without a diagnostic are left out. */
  abstract ofProject(projectId: string): Promise<readonly SourceResult[]>;
  /** Text documents of the project, by path: what a run over it looks at. */
  abstract documents(projectId: string): Promise<readonly { readonly id: string; readonly path: string }[]>;
  /** One of them; undefined when it is not there (any more). */
  abstract document(
    projectId: string,
    documentId: string,
  ): Promise<{ readonly id: string; readonly path: string } | undefined>;
}
