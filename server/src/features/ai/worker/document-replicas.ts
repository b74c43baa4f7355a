import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '@tandem/protocol';
import type { CompletionQuestion } from '../../../core/ai/ai-requests.js';
import type { LocateAnswer, ReplicaNews, Replicas, TextSnapshot } from '../../../core/ai/replicas.js';
import { stateOf } from '../../../core/document/stored-state.js';
import type { UpdateLog } from '../../../core/document/update-log.js';

/** How many documents are remembered as being in the thread, which itself keeps fewer. */
const MAX_KNOWN = 1000;
/** Pauses while the asker's last keystroke is on its way to the log, in milliseconds; a commit takes one to five. */
const FIRST_PAUSE_MS = 3;

interface Known {
  seq: number;
}

/** Keeps the replicas at the head of the log: what is read here is committed, and all of it. */
export class DocumentReplicas {
  private readonly known = new Map<string, Known>();
  private readonly lanes = new Map<string, Promise<unknown>>();

  constructor(
    private readonly log: UpdateLog,
    private readonly thread: Replicas,
  ) {}

  /**
   * Where the caret is. Waits up to `patienceMs` for the log to hold what the asker sees, else `behind`. Rejects with
   * TandemError `not_found` or `store_unavailable`.
   */
  async locate(
    documentId: string,
    question: Pick<CompletionQuestion, 'anchor' | 'offset' | 'stateVector'>,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Exclude<LocateAnswer, { type: 'unknown' }>> {
    const deadline = performance.now() + patienceMs;
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const answer = await this.ask(documentId, (news) => this.thread.locate(documentId, question, news));
      if (answer.type !== 'behind' || performance.now() + pause > deadline) return answer;
      await delay(pause, undefined, { signal });
    }
  }

  /** The whole committed text, with the id of each character. */
  text(documentId: string): Promise<TextSnapshot> {
    return this.ask(documentId, (news) => this.thread.text(documentId, news));
  }

  /** One after the other for each document: the rows of one question must not overtake those of another. */
  private ask<A extends { type: string }>(
    documentId: string,
    question: (news: ReplicaNews | undefined) => Promise<A>,
  ): Promise<Exclude<A, { type: 'unknown' }>> {
    const answer = (this.lanes.get(documentId) ?? Promise.resolve()).then(() => this.askNow(documentId, question));
    const settled = answer.catch(() => undefined);
    this.lanes.set(documentId, settled);
    void settled.then(() => {
      if (this.lanes.get(documentId) === settled) this.lanes.delete(documentId);
    });
    return answer;
  }

  private async askNow<A extends { type: string }>(
    documentId: string,
    question: (news: ReplicaNews | undefined) => Promise<A>,
  ): Promise<Exclude<A, { type: 'unknown' }>> {
    const known = this.known.get(documentId);
    if (known) {
      const news = await this.rowsAfter(documentId, known.seq);
      this.known.delete(documentId);
      const answer = await question(news);
      if (isKnown(answer)) {
        this.remember(documentId, news?.seq ?? known.seq);
        return answer;
      }
    }
    // The thread has dropped it, or was ended in the middle of something.
    const whole = await this.load(documentId);
    const answer = await question(whole);
    if (!isKnown(answer)) throw new Error('the replica of a whole document is not known');
    this.remember(documentId, whole.seq);
    return answer;
  }

  private async rowsAfter(documentId: string, seq: number): Promise<ReplicaNews | undefined> {
    const rows = await this.log.rowsAfter(documentId, seq);
    return rows.length === 0 ? undefined : { rows: rows.map(({ bytes }) => bytes), seq: rows[rows.length - 1]!.seq };
  }

  private async load(documentId: string): Promise<ReplicaNews> {
    const stored = await this.log.load(documentId);
    if (!stored) throw new TandemError('not_found');
    const state = stateOf(stored);
    return { base: state.encode(), rows: [], seq: state.seq };
  }

  private remember(documentId: string, seq: number): void {
    this.known.set(documentId, { seq });
    const [oldest] = this.known.keys();
    if (this.known.size > MAX_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }
}

function isKnown<A extends { type: string }>(answer: A): answer is Exclude<A, { type: 'unknown' }> {
  return answer.type !== 'unknown';
}
