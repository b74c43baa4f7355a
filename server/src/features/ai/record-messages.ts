import type { CompletionClosed, CompletionDone, CompletionUnavailable } from '../../core/ai/ai-relay.js';
import type { RecordedCompletion } from '../../core/ai/ai-requests.js';

/** What the record says of a completion, as messages: each may be told by whoever finds it out. */

const NO_USAGE = { promptTokens: 0, completionTokens: 0, estimated: false };

const idsOf = ({ id, projectId, documentId }: RecordedCompletion) => ({ completionId: id, projectId, documentId });

export function doneMessage(record: RecordedCompletion): CompletionDone {
  const { state, userId, attempt, texts, deltas, model, usage } = record;
  const outcome = state === 'complete' || state === 'cancelled' ? state : 'failed';
  return {
    ...idsOf(record),
    type: 'done',
    userId,
    attempt,
    outcome,
    texts: outcome === 'complete' ? texts : [],
    deltas,
    model: model ?? '',
    usage: usage ?? NO_USAGE,
  };
}

/** Of a record that is closed. */
export function closedMessage(record: RecordedCompletion): CompletionClosed {
  const { outcome, by, accepted } = record.closed ?? { outcome: 'expired' as const, by: null, accepted: [] };
  return { ...idsOf(record), type: 'closed', outcome, by, accepted };
}

export function unavailableMessage(record: RecordedCompletion, reason: string, message: string): CompletionUnavailable {
  return { ...idsOf(record), type: 'unavailable', userId: record.userId, reason, message, retryAt: null };
}
