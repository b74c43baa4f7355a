/** Is told what became of requests, for metrics and logs; never a text. Must not throw. */
export interface AiObserver {
  completed(completion: {
    readonly model: string;
    readonly outcome: 'complete' | 'failed';
    readonly reason?: string;
    readonly contextMs?: number;
    readonly firstMs?: number;
    readonly totalMs?: number;
  }): void;
  analyzed(source: string, seconds: number, findings: number): void;
  /** An analyzer that could not look. */
  unanalyzed(source: string, error: unknown, documentId: string): void;
  /** A fault of ours, or of something that should be there. */
  broken(error: unknown, requestId: string): void;
}
