import type { CompletionUsage, OpenCompletion, Provenance } from '@tandem/protocol';

/** A suggestion as it is told to the nodes; bytes are base64. */
export type Suggestion = Omit<OpenCompletion, 'attempt' | 'index' | 'texts' | 'isDone' | 'completionId'>;

interface OfCompletion {
  readonly projectId: string;
  readonly documentId: string;
  readonly completionId: string;
}

/** What others in the room see of a suggestion. */
export type Visibility = 'off' | 'presence' | 'text';

export interface CompletionStarted extends OfCompletion {
  readonly type: 'started';
  readonly attempt: number;
  readonly suggestion: Suggestion;
  readonly visibility: Visibility;
}
export interface CompletionDelta extends OfCompletion {
  readonly type: 'delta';
  readonly attempt: number;
  readonly index: number;
  readonly alternative: number;
  readonly text: string;
}
/** All that a running attempt has sent, for a node that missed some of it. */
export interface CompletionReplay extends OfCompletion {
  readonly type: 'replay';
  readonly started: CompletionStarted;
  readonly deltas: readonly { readonly alternative: number; readonly text: string }[];
}
export interface CompletionRetracted extends OfCompletion {
  readonly type: 'retracted';
  readonly reason: 'filtered' | 'changed' | 'forbidden';
}
export interface CompletionDone extends OfCompletion {
  readonly type: 'done';
  readonly userId: string;
  readonly attempt: number;
  readonly outcome: 'complete' | 'cancelled' | 'failed';
  readonly texts: readonly string[];
  /** How many deltas the attempt sent: who has fewer asks for a replay. */
  readonly deltas: number;
  readonly model: string;
  readonly usage: CompletionUsage;
}
export interface CompletionClosed extends OfCompletion {
  readonly type: 'closed';
  readonly outcome: 'accepted' | 'rejected' | 'ignored' | 'superseded' | 'cancelled' | 'failed' | 'expired';
  readonly by: string | null;
  readonly accepted: readonly Omit<Provenance, 'completionId'>[];
}
/** To the asker alone. */
export interface CompletionUnavailable extends OfCompletion {
  readonly type: 'unavailable';
  readonly userId: string;
  readonly reason: string;
  readonly message: string;
  readonly retryAt: number | null;
}
/** New results of a document are stored; who shows them reads them. */
export interface AnalysisStored {
  readonly type: 'analysis';
  readonly projectId: string;
  readonly documentId: string;
  readonly runId: string;
}
export interface AnalysisProgressed {
  readonly type: 'progress';
  readonly projectId: string;
  readonly runId: string;
  readonly done: number;
  readonly total: number;
  readonly state: 'running' | 'complete' | 'cancelled' | 'failed';
}

export type CompletionMessage =
  | CompletionStarted
  | CompletionDelta
  | CompletionReplay
  | CompletionRetracted
  | CompletionDone
  | CompletionClosed
  | CompletionUnavailable;

export type AiMessage = CompletionMessage | AnalysisStored | AnalysisProgressed;

/** To the workers, whichever has the request. */
export type AiCommand =
  /** Give it up at once. */
  | { readonly type: 'cancel'; readonly requestId: string }
  /** Tell the nodes again what was sent of it. */
  | { readonly type: 'replay'; readonly requestId: string };

/**
 * Carries what the workers make to the nodes whose editors see it. It may lose messages (the bus is down), never doubles
 * them, and keeps the order of one sender. Nothing depends on it but speed: the record is in `AiRequests`.
 */
export abstract class AiRelay {
  /** To every node that watches the project, this one included. */
  abstract publish(message: AiMessage): void;
  /** Returns the call that ends the subscription. */
  abstract subscribe(listener: (message: AiMessage) => void): () => void;
  /** Messages of the project are wanted here until the returned call, which may be repeated without effect. */
  abstract watch(projectId: string): () => void;
  /** To every worker, those in this process included. */
  abstract command(command: AiCommand): void;
  abstract onCommand(listener: (command: AiCommand) => void): () => void;
  /** Sends what waits and gives the connections back. */
  abstract close(): Promise<void>;
}
