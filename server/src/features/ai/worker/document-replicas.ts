import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '@tandem/protocol';
import type { CompletionQuestion } from '../../../core/ai/ai-requests.js';
import {
  DocumentTooSlow,
  type LocateAnswer,
  type ReplicaNews,
  type Replicas,
  type TextSnapshot,
  type UnknownReplica,
} from '../../../core/ai/replicas.js';
import { OutdatedState, StoredDataCorrupt, type UpdateLog } from '../../../core/document/update-log.js';
import { readableState } from '../../documents/readable-state.js';
import { PlainTexts } from './plain-texts.js';
import { SharedWork, unlessAborted } from './shared-work.js';
import { SlowDocuments } from './slow-documents.js';

/** How many documents are remembered as being in the thread, which itself keeps fewer. */
const MAX_KNOWN = 1000;
/** Pauses while the asker's last keystroke is on its way to the log, in milliseconds; a commit takes one to five. */
const FIRST_PAUSE_MS = 3;

type Question<A> = (news: ReplicaNews | undefined) => Promise<A>;
type Known<A> = Exclude<A, UnknownReplica>;

/**
 * Keeps the replicas at the head of the log: what is read here is committed, and all of it. All reject with TandemError
 * `not_found` or `store_unavailable`, with DocumentTooSlow for a document that cannot be parsed in its time (at once when
 * that is known), and with the signal's reason when it fires.
 */
export class DocumentReplicas {
  private readonly seqs = new Map<string, number>();
  private readonly lanes = new Map<string, Promise<unknown>>();
  private readonly slow: SlowDocuments;
  private readonly texts = new PlainTexts();
  private readonly reading = new SharedWork<string>();

  /** `now` in milliseconds. */
  constructor(
    private readonly log: UpdateLog,
    private readonly thread: Replicas,
    now: () => number = () => performance.now(),
  ) {
    const epochOf = async (documentId: string) => (await log.heads([documentId])).get(documentId)?.epoch;
    this.slow = new SlowDocuments(epochOf, now);
  }

  /** Where the caret is. Waits up to `patienceMs` for the log to hold what the asker sees, else `behind`. */
  async locate(
    documentId: string,
    question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'>,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Known<LocateAnswer>> {
    const deadline = performance.now() + patienceMs;
    const locate: Question<LocateAnswer> = (news) => this.thread.locate(documentId, question, news, signal);
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const answer = await this.ask(documentId, locate, signal);
      if (answer.type !== 'behind' || performance.now() + pause > deadline) return answer;
      await delay(pause, undefined, { signal });
    }
  }

  /** The whole committed text, with the id of each character. */
  text(documentId: string, signal?: AbortSignal): Promise<TextSnapshot> {
    return this.ask(documentId, (news) => this.thread.text(documentId, news, signal), signal);
  }

  /**
   * The beginning of the committed text, up to `PLAIN_LENGTH` units, as it was within this call or just before. Whoever
   * asks at the same time shares the answer; of a document without an edit since the last time it is one short query.
   */
  textFor(documentId: string, signal?: AbortSignal): Promise<string> {
    return this.reading.run(documentId, (wanted) => this.readPlain(documentId, wanted), signal);
  }

  private async readPlain(documentId: string, signal: AbortSignal): Promise<string> {
    const last = this.texts.get(documentId);
    if (last && (await this.rowsAfter(documentId, last.seq)) === undefined) return last.text;
    const ask = async (news: ReplicaNews | undefined) => {
      const answer = await this.thread.plainText(documentId, news, signal);
      // Kept though nobody may wait any more: the next prompt has it.
      if (answer.type === 'plain') this.texts.set(documentId, answer);
      return answer;
    };
    return (await this.ask(documentId, ask, signal)).text;
  }

  /** One after the other for each document: the rows of one question must not overtake those of another. */
  private ask<A extends { type: string }>(
    documentId: string,
    question: Question<A>,
    signal: AbortSignal | undefined,
  ): Promise<Known<A>> {
    const before = this.lanes.get(documentId) ?? Promise.resolve();
    const answer = before.then(() => this.askInTime(documentId, question, signal));
    const settled = answer.catch(() => undefined);
    this.lanes.set(documentId, settled);
    void settled.then(() => {
      if (this.lanes.get(documentId) === settled) this.lanes.delete(documentId);
    });
    return unlessAborted(answer, signal);
  }

  private async askInTime<A extends { type: string }>(
    documentId: string,
    question: Question<A>,
    signal: AbortSignal | undefined,
  ): Promise<Known<A>> {
    signal?.throwIfAborted();
    if (await this.slow.has(documentId)) {
      throw new DocumentTooSlow('the document took too long before', { isRemembered: true });
    }
    try {
      return await this.askNow(documentId, question, signal);
    } catch (error) {
      if (error instanceof DocumentTooSlow) await this.slow.add(documentId);
      throw error;
    }
  }

  private async askNow<A extends { type: string }>(
    documentId: string,
    question: Question<A>,
    signal: AbortSignal | undefined,
  ): Promise<Known<A>> {
    const known = this.seqs.get(documentId);
    if (known !== undefined) {
      const news = await this.rowsAfter(documentId, known);
      signal?.throwIfAborted();
      this.seqs.delete(documentId);
      if (news !== 'outdated') {
        const answer = await question(news).catch((error: unknown) => {
          // Dropped before its turn: the thread is where it was.
          if (signal?.aborted && error === signal.reason) this.remember(documentId, known);
          throw error;
        });
        if (isKnown(answer)) {
          this.remember(documentId, news?.seq ?? known);
          return answer;
        }
      }
    }
    // The thread has dropped it, or was ended in the middle of something, or the document was reset.
    const whole = await this.load(documentId);
    signal?.throwIfAborted();
    const answer = await question(whole);
    if (!isKnown(answer)) throw new Error('the replica of a whole document is not known');
    this.remember(documentId, whole.seq);
    return answer;
  }

  /** Undefined: nothing new. */
  private async rowsAfter(documentId: string, seq: number): Promise<ReplicaNews | 'outdated' | undefined> {
    const rows = await this.log.rowsAfter(documentId, seq).catch((error: unknown) => {
      // Of rows that cannot be used the load knows what to do.
      if (error instanceof OutdatedState || error instanceof StoredDataCorrupt) return undefined;
      throw error;
    });
    if (!rows) return 'outdated';
    return rows.length === 0 ? undefined : { rows: rows.map(({ bytes }) => bytes), seq: rows[rows.length - 1]!.seq };
  }

  private async load(documentId: string): Promise<ReplicaNews> {
    const stored = await this.log.load(documentId);
    if (!stored) throw new TandemError('not_found');
    const state = await readableState(documentId, stored);
    return { base: state.encode(), rows: [], seq: state.seq };
  }

  private remember(documentId: string, seq: number): void {
    this.seqs.delete(documentId);
    this.seqs.set(documentId, seq);
    const [oldest] = this.seqs.keys();
    if (this.seqs.size > MAX_KNOWN && oldest !== undefined) this.seqs.delete(oldest);
  }
}

function isKnown<A extends { type: string }>(answer: A): answer is Known<A> {
  return answer.type !== 'unknown';
}
