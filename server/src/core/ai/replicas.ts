import type { CompletionQuestion } from './ai-requests.js';

/** What brings a replica to the committed state at `seq`. */
export interface ReplicaNews {
  /** A whole document; without it the rows follow what the replica holds. */
  readonly base?: Uint8Array | undefined;
  readonly rows: readonly Uint8Array[];
  /** Of the last row. */
  readonly seq: number;
}

/** Where a completion is asked for, in the committed text. */
export interface Located {
  readonly type: 'located';
  readonly seq: number;
  /** Base64: see `completion:started`. */
  readonly stateVector: string;
  readonly anchor: string;
  readonly end: string;
  readonly before: string;
  readonly after: string;
  /** The text around the caret, cut to `PREFIX_LENGTH` and `SUFFIX_LENGTH`. */
  readonly prefix: string;
  readonly suffix: string;
}

/** The thread has no replica, or another than the news continue: load it anew. */
export interface UnknownReplica {
  readonly type: 'unknown';
}

export type LocateAnswer =
  | Located
  | UnknownReplica
  /** The committed state does not cover what the asker sees. */
  | { readonly type: 'behind' }
  /** The text at the caret is gone. */
  | { readonly type: 'gone' }
  | { readonly type: 'malformed' };

/** The committed text of a document, and the Yjs id of each of its characters. */
export interface TextSnapshot {
  readonly type: 'text';
  readonly seq: number;
  readonly stateVector: Uint8Array;
  readonly text: string;
  /** Runs of characters with consecutive ids: offset, client, clock, three numbers each, by offset. */
  readonly ids: Float64Array;
}

/** The committed text, cut to `PLAIN_LENGTH`: what prompts take their pieces from. */
export interface PlainText {
  readonly type: 'plain';
  readonly seq: number;
  readonly text: string;
}

/** In UTF-16 units. A prompt takes some thousand of them. */
export const PLAIN_LENGTH = 256 * 1024;

/**
 * The document takes longer to parse than one document may, and was given up. The message holds no text of it.
 * `isRemembered`: it was not tried again, and somebody has been told before.
 */
export class DocumentTooSlow extends Error {
  readonly isRemembered: boolean;

  constructor(message: string, { isRemembered = false, cause }: { isRemembered?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.isRemembered = isRemembered;
  }
}

/** Units of text before and after the caret that `locate` answers with: what the statistical model reads of the open file. */
export const PREFIX_LENGTH = 65_536;
export const SUFFIX_LENGTH = 16_384;

/**
 * Parsed documents that follow the log, in threads of their own: a `Y.Doc` never stands on the path of an edit. What is
 * not used is dropped; who asks for it gets `unknown` and brings the document again. All reject with DocumentTooSlow, and
 * with the signal's reason when it fires before the question had its turn: then the news were not taken.
 */
export abstract class Replicas {
  abstract locate(
    documentId: string,
    question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'>,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<LocateAnswer>;
  abstract text(
    documentId: string,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<TextSnapshot | UnknownReplica>;
  abstract plainText(
    documentId: string,
    news: ReplicaNews | undefined,
    signal?: AbortSignal,
  ): Promise<PlainText | UnknownReplica>;
  /** Ends within a second, whatever is under way; that rejects, and so does what waits. */
  abstract close(): Promise<void>;
}
