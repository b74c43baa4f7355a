import type { CompletionTrigger, CompletionUsage, Provenance, Role } from '@tandem/protocol';
import type { AiPreferences, Project } from '@tandem/protocol/http';
import type { CompletionClosed, Suggestion, Visibility } from './ai-relay.js';

/** What a completion was asked for. Bytes are base64. */
export interface CompletionQuestion {
  readonly anchor: string | undefined;
  readonly offset: number | undefined;
  readonly stateVector: string;
  readonly trigger: CompletionTrigger;
  readonly model: string | undefined;
  readonly alternatives: number;
  /** Other documents that the asker has open. */
  readonly openDocuments: readonly string[];
}

export interface NewCompletion {
  readonly userId: string;
  readonly projectId: string;
  readonly documentId: string;
  readonly question: CompletionQuestion;
  /** Equal live requests have equal keys and are one. */
  readonly key: string;
}

/** A suggestion that a newer request of its asker put an end to. */
export interface Superseded {
  readonly id: string;
  /** It was still being answered. */
  readonly wasLive: boolean;
  readonly model: string | null;
}

export interface NewAnalysis {
  /** Null: after edits, by nobody's wish. */
  readonly userId: string | null;
  readonly projectId: string;
  /** Null: the whole project. */
  readonly documentId: string | null;
}

/** What stands in the settings at the moment. */
export interface AiSettings {
  readonly configuration: Project['configuration'];
  readonly aiContext: Project['aiContext'];
}

interface Claim {
  readonly id: string;
  readonly attempt: number;
  readonly projectId: string;
  readonly settings: AiSettings;
}

export interface ClaimedCompletion extends Claim {
  readonly kind: 'completion';
  readonly userId: string;
  readonly documentId: string;
  readonly path: string;
  /** The asker's, now; null when it was taken away meanwhile. */
  readonly role: Role | null;
  readonly preferences: AiPreferences;
  readonly question: CompletionQuestion;
}

export interface ClaimedAnalysis extends Claim {
  readonly kind: 'analysis';
  /** The asker's, now. */
  readonly role: Role | null;
  readonly userId: string | null;
  readonly documentId: string | null;
}

export interface CompletionResult {
  readonly outcome: 'complete' | 'failed';
  readonly suggestion: Suggestion | undefined;
  readonly visibility: Visibility;
  readonly texts: readonly string[];
  readonly deltas: number;
  readonly model: string;
  readonly usage: CompletionUsage;
  /** Why it failed, or how long the parts took: for operators; holds no text of a document. */
  readonly note: string | undefined;
}

/** A completion as it stands in the record. */
export interface RecordedCompletion {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string;
  readonly documentId: string;
  readonly state: 'waiting' | 'running' | 'complete' | 'cancelled' | 'failed';
  readonly attempt: number;
  /** Known once it is done. */
  readonly suggestion: Suggestion | null;
  readonly visibility: Visibility;
  readonly texts: readonly string[];
  readonly deltas: number;
  readonly model: string | null;
  readonly usage: CompletionUsage | null;
  readonly closed: Pick<CompletionClosed, 'outcome' | 'by' | 'accepted'> | null;
}

export interface Resolution {
  readonly outcome: CompletionClosed['outcome'];
  readonly by: string | null;
  readonly acceptedLength: number | undefined;
  readonly alternative: number | undefined;
}

/** How a request ends before its answer was complete: by default as cancelled. */
export interface EarlyEnd {
  readonly outcome: CompletionClosed['outcome'];
  readonly acceptedLength?: number | undefined;
  readonly alternative?: number | undefined;
  /** What had come of it, where it was accepted. */
  readonly texts?: readonly string[] | undefined;
}

/** A request that nobody works on though it is not done. */
export interface Abandoned {
  readonly id: string;
  readonly kind: 'completion' | 'analysis';
  readonly attempt: number;
  /** Milliseconds since it was asked. */
  readonly age: number;
}

/**
 * The record of what is asked of the AI half, and what became of it. The queue, the relay and every process may be lost:
 * this is the truth, and each change of state happens once. All reject with TandemError `store_unavailable` when the
 * database is away.
 */
export abstract class AiRequests {
  /**
   * Writes the request down. An equal one that is live is answered instead (`isNew` false); what else its asker has open
   * in the document is closed as superseded, and cancelled where it is live.
   */
  abstract startCompletion(
    request: NewCompletion,
  ): Promise<{ readonly id: string; readonly isNew: boolean; readonly superseded: readonly Superseded[] }>;

  /**
   * One of the same asker over the same target that still waits is answered instead (`isNew` false); others over the
   * target are cancelled and named. Runs after edits and runs that somebody asked for leave each other alone.
   */
  abstract startAnalysis(
    request: NewAnalysis,
  ): Promise<{ readonly id: string; readonly isNew: boolean; readonly cancelled: readonly string[] }>;

  /**
   * Takes a request up as its next attempt. Undefined when it is done, or somebody is at work on it who gave a sign of
   * life within `staleMs`, or when it is not the attempt after `attempt` that would begin.
   */
  abstract claim(
    id: string,
    staleMs: number,
    attempt?: number,
  ): Promise<ClaimedCompletion | ClaimedAnalysis | undefined>;

  /** The sign of life of attempts under way. Resolves to those that are not theirs any more: cancelled, or taken over. */
  abstract keepAlive(claims: readonly { readonly id: string; readonly attempt: number }[]): Promise<readonly string[]>;

  /** Gives attempts back at once, so that another worker need not wait for the signs of life to end. */
  abstract release(claims: readonly { readonly id: string; readonly attempt: number }[]): Promise<void>;

  /** Ends an attempt. Resolves to whether it was its turn: else nothing is told to anybody. */
  abstract finish(id: string, attempt: number, result: CompletionResult): Promise<boolean>;
  abstract finishAnalysis(id: string, attempt: number, outcome: 'complete' | 'failed', note?: string): Promise<boolean>;

  /** Puts an end to a live request; `userId` must be its asker's (null: the server's own wish). */
  abstract cancel(id: string, userId: string | null, end?: EarlyEnd): Promise<RecordedCompletion | undefined>;

  abstract get(id: string): Promise<RecordedCompletion | undefined>;
  /** Those of the document that are not closed, live ones too: what a later opener is shown. */
  abstract openIn(documentId: string): Promise<readonly RecordedCompletion[]>;

  /** Closes a suggestion that is done. Undefined when it was closed before. */
  abstract resolve(id: string, resolution: Resolution): Promise<RecordedCompletion | undefined>;
  /** Notes that an edit took (a part of) the suggestion. */
  abstract accepted(id: string, range: Omit<Provenance, 'completionId'>): Promise<void>;

  /** Live requests without a sign of life for `staleMs`. */
  abstract abandoned(staleMs: number): Promise<readonly Abandoned[]>;
  /** Gives up on a request whose last attempt is still `attempt`. Resolves to its record when it was live. */
  abstract giveUp(id: string, attempt: number, note: string): Promise<RecordedCompletion | undefined>;
  /** Suggestions that were done `openMs` ago and nobody answered; they are closed as expired. */
  abstract expire(openMs: number): Promise<readonly RecordedCompletion[]>;
  /** Forgets what was not accepted and is older than `keepMs`. */
  abstract forget(keepMs: number): Promise<void>;

  /** Gives its connections back. Nothing may be called afterwards. */
  abstract close(): Promise<void>;
}
