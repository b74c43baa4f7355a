import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type BodyOf, TandemError } from '@tandem/protocol';
import type { Logger } from 'pino';
import { can } from '../../../core/access/permissions.js';
import { type AiQueue, QueueUnavailable } from '../../../core/ai/ai-queue.js';
import type { AiRelay } from '../../../core/ai/ai-relay.js';
import type { AiRequests, CompletionQuestion, RecordedCompletion } from '../../../core/ai/ai-requests.js';
import { closedMessage, doneMessage, unavailableMessage } from '../record-messages.js';
import type { Seat } from '../seats.js';
import type { Acceptances } from './acceptances.js';
import type { LiveCompletions } from './live-completions.js';

/** Open documents that a request names for its context; more would not fit a prompt. */
const MAX_OPEN_DOCUMENTS = 16;
/** Before each try: a queue that is just being made, or reached again, takes a moment. */
const ENQUEUE_PAUSES_MS = [0, 200, 800];

/** Where completions are asked for, and put an end to. */
export class CompletionDesk {
  constructor(
    private readonly requests: AiRequests,
    private readonly queue: AiQueue,
    private readonly relay: AiRelay,
    private readonly live: LiveCompletions,
    private readonly acceptances: Acceptances,
    private readonly hasModel: (name: string) => boolean,
    private readonly logger: Logger,
  ) {}

  /** Rejects with TandemError `forbidden`, `bad_request` or `store_unavailable`. */
  async start({ room, session }: Seat, body: BodyOf<'completion:start'>, others: readonly string[]): Promise<string> {
    // Of the member: whether the token is for it was judged at the door (EVENT_SCOPES).
    if (!can(session.memberRole, 'ai.use')) throw new TandemError('forbidden');
    if (room.kind !== 'text')
      throw new TandemError('bad_request', 'There are no completions in documents of this kind');
    if (body.model !== undefined && !this.hasModel(body.model)) {
      throw new TandemError('bad_request', `model: there is no model "${body.model}"`);
    }
    const { documentId, projectId } = room;
    const { userId } = session;
    const question = questionOf(body, others);
    const key = keyOf(userId, documentId, question);
    const { id, isNew, superseded } = await this.requests.startCompletion({
      userId,
      projectId,
      documentId,
      question,
      key,
    });
    this.live.expect({ completionId: id, projectId, documentId, userId });
    for (const older of superseded) {
      if (older.wasLive) this.relay.command({ type: 'cancel', requestId: older.id });
      const record = { ...STOPPED, id: older.id, userId, projectId, documentId, model: older.model };
      if (older.wasLive) this.relay.publish(doneMessage(record));
      this.relay.publish(closedMessage({ ...record, closed: { outcome: 'superseded', by: userId, accepted: [] } }));
    }
    if (isNew) void this.enqueue(id);
    return id;
  }

  /** Safe to repeat. Rejects with TandemError `not_found` when it is nobody's, or another's. */
  async cancel(userId: string, completionId: string): Promise<void> {
    const record = await this.requests.cancel(completionId, userId);
    if (record) {
      this.stopped(record);
      return;
    }
    // It was answered a moment ago, and is not wanted all the same.
    await this.own(userId, completionId);
    const unwanted = { outcome: 'cancelled', by: userId, acceptedLength: undefined, alternative: undefined } as const;
    const closed = await this.requests.resolve(completionId, unwanted);
    if (closed) this.relay.publish(closedMessage(closed));
  }

  /** Safe to repeat: only the first answer counts. */
  async resolve(userId: string, body: BodyOf<'completion:resolve'>): Promise<void> {
    const { completionId, outcome, acceptedLength, alternative } = body;
    const { documentId, state } = await this.own(userId, completionId);
    // The edit that took it was sent before, and the end names its structs.
    await this.acceptances.settled(completionId);
    const answer = { outcome, acceptedLength, alternative };
    if (state === 'waiting' || state === 'running') {
      const texts = outcome === 'accepted' ? this.live.texts(completionId, documentId, userId) : undefined;
      const stopped = await this.requests.cancel(completionId, userId, { ...answer, texts });
      if (stopped) {
        this.stopped(stopped);
        return;
      }
    }
    const closed = await this.requests.resolve(completionId, { ...answer, by: userId });
    if (closed) this.relay.publish(closedMessage(closed));
  }

  private stopped(record: RecordedCompletion): void {
    this.relay.command({ type: 'cancel', requestId: record.id });
    this.relay.publish(doneMessage(record));
    this.relay.publish(closedMessage(record));
  }

  private async own(userId: string, completionId: string): Promise<RecordedCompletion> {
    const record = await this.requests.get(completionId);
    if (record?.userId !== userId) throw new TandemError('not_found');
    return record;
  }

  private async enqueue(id: string): Promise<void> {
    for (const pause of ENQUEUE_PAUSES_MS) {
      try {
        if (pause > 0) await delay(pause);
        await this.queue.add('completion', id, { attempt: 1 });
        return;
      } catch (error) {
        if (!(error instanceof QueueUnavailable)) this.logger.error({ err: error }, 'a completion could not be queued');
      }
    }
    const record = await this.requests.giveUp(id, 0, 'the queue is away').catch(() => undefined);
    if (!record) return;
    this.relay.publish(unavailableMessage(record, 'queue_unavailable', 'The queue cannot be reached; try again later'));
    this.relay.publish(doneMessage(record));
    this.relay.publish(closedMessage(record));
  }
}

const STOPPED = {
  state: 'cancelled',
  attempt: 0,
  suggestion: null,
  visibility: 'text',
  texts: [],
  deltas: 0,
  usage: null,
  closed: null,
} as const;

function questionOf(body: BodyOf<'completion:start'>, others: readonly string[]): CompletionQuestion {
  const { anchor, offset, stateVector, trigger, model, count } = body;
  return {
    anchor: anchor && Buffer.from(anchor).toString('base64'),
    offset,
    stateVector: Buffer.from(stateVector).toString('base64'),
    trigger: trigger ?? 'manual',
    model,
    alternatives: count ?? 1,
    openDocuments: others.slice(0, MAX_OPEN_DOCUMENTS),
  };
}

/** Equal questions of one person are one: the context is made under the asker's rights, and only the asker may accept. */
function keyOf(userId: string, documentId: string, question: CompletionQuestion): string {
  const { openDocuments: _open, trigger: _trigger, ...same } = question;
  return createHash('sha256')
    .update(JSON.stringify([userId, documentId, same]))
    .digest('base64url');
}
