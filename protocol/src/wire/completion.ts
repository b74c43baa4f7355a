import { z } from 'zod';
import { bytes, bytesUpTo, id, time } from './fields.js';
import { provenance } from './provenance.js';

/** Who began it: typing, or the person's own wish. */
export const completionTrigger = z.enum(['automatic', 'manual']);

/** The most alternatives that can be asked for. */
export const MAX_ALTERNATIVES = 5;

const attempt = z.number().int().positive();
const ofCompletion = { completionId: id, documentId: id };

export const completionStart = z
  .object({
    documentId: id,
    /** An encoded Yjs relative position in the text, bound to the character on its left (`assoc` -1). */
    anchor: bytesUpTo(256).optional(),
    /** Instead of the anchor: where the caret stands, in UTF-16 units at `stateVector`. */
    offset: z.number().int().nonnegative().optional(),
    /** What the asker sees: the answer is computed on a state that covers it. */
    stateVector: bytesUpTo(65_536),
    /** Default `manual`. */
    trigger: completionTrigger.optional(),
    /** One of those that `GET /api/v1/ai/models` lists. Default: the asker's, else the project's, else the server's. */
    model: z.string().min(1).max(120).optional(),
    /** How many alternatives, at most. Default 1. */
    count: z.number().int().min(1).max(MAX_ALTERNATIVES).optional(),
  })
  .refine(({ anchor, offset }) => (anchor === undefined) !== (offset === undefined), {
    error: 'either anchor or offset',
    path: ['anchor'],
  });

export const completionStartAnswer = z.object({ completionId: id });
export const completionCancel = z.object({ completionId: id });

/** `index`: the last delta seen of `attempt`, -1 for none. */
export const completionResume = z.object({
  completionId: id,
  attempt: z.number().int().nonnegative(),
  index: z.number().int().min(-1),
});

export const completionResolve = z.object({
  completionId: id,
  /** `ignored`: the person typed or went on without it. */
  outcome: z.enum(['accepted', 'rejected', 'ignored']),
  /** How much of it was taken, in UTF-16 units. */
  acceptedLength: z.number().int().nonnegative().max(1_000_000).optional(),
  alternative: z
    .number()
    .int()
    .min(0)
    .max(MAX_ALTERNATIVES - 1)
    .optional(),
});

/** What is known from the start. Bytes are binary in the event and base64 in the answer to an open. */
const described = {
  /** Whose suggestion it is: the one who asked, and may accept. */
  userId: id,
  trigger: completionTrigger,
  /** How many alternatives may come. */
  alternatives: z.number().int().positive(),
  /** The model that answers. */
  model: z.string(),
  /** The line's text up to the anchor, its last 128 units at most; where it differs, the suggestion does not fit any more. */
  before: z.string().max(128),
  /** The line's text after the anchor, its first 128 units at most. */
  after: z.string().max(128),
};

export const completionStartedEvent = z.object({
  ...ofCompletion,
  ...described,
  /** Relative position bound to the character on the left of the caret. */
  anchor: bytes,
  /** Relative position bound to the character on its right: what is between them was typed since. */
  end: bytes,
  /** The state that the suggestion is computed on. */
  stateVector: bytes,
});

/** `index` counts the deltas of an attempt from 0, over all alternatives. */
export const completionDeltaEvent = z.object({
  ...ofCompletion,
  attempt,
  index: z.number().int().nonnegative(),
  alternative: z.number().int().nonnegative(),
  text: z.string(),
});

/** What came so far is void; deltas begin anew at index 0 under `attempt`. */
export const completionRestartedEvent = z.object({ ...ofCompletion, attempt });

/** Do not show it any more. */
export const completionRetractedEvent = z.object({
  ...ofCompletion,
  reason: z.enum(['filtered', 'changed', 'forbidden']),
});

export const completionUsage = z.object({
  promptTokens: z.number().int().nonnegative(),
  completionTokens: z.number().int().nonnegative(),
  /** Counted here, because the provider did not say (a stream that was cut off). */
  estimated: z.boolean(),
});

/** Ends the stream, exactly once. */
export const completionDoneEvent = z.object({
  ...ofCompletion,
  outcome: z.enum(['complete', 'cancelled', 'failed']),
  /** The first alternative, as it may be accepted; empty when there is nothing to suggest. */
  text: z.string(),
  /** All of them, `text` first. */
  texts: z.array(z.string()),
  /** The model that answered, or was asked. */
  model: z.string(),
  usage: completionUsage,
});

/** Ends the suggestion, at most once, and after `done`. */
export const completionClosedEvent = z.object({
  ...ofCompletion,
  outcome: z.enum(['accepted', 'rejected', 'ignored', 'superseded', 'cancelled', 'failed', 'expired']),
  /** The person who did it; null for the server. */
  by: id.nullable(),
  /** When accepted: the structs that hold its text. */
  accepted: z.array(provenance.omit({ completionId: true })),
});

const base64 = z.base64();

/** A suggestion that is neither closed nor retracted, as a later opener gets it. */
export const openCompletion = z.object({
  completionId: id,
  ...described,
  anchor: base64,
  end: base64,
  stateVector: base64,
  attempt,
  /** The last delta that `texts` holds, -1 for none. */
  index: z.number().int().min(-1),
  /** The text so far of each alternative. */
  texts: z.array(z.string()),
  isDone: z.boolean(),
});

/** To the asker only: why there is nothing, and when it is worth trying again. */
export const aiUnavailableEvent = z.object({
  completionId: id.optional(),
  documentId: id.optional(),
  reason: z.enum([
    'rate_limited',
    'timeout',
    'provider_error',
    'provider_refused',
    'bad_answer',
    'queue_unavailable',
    'document_behind',
    'forbidden',
  ]),
  message: z.string(),
  retryAt: time.nullable(),
});

export type CompletionStart = z.infer<typeof completionStart>;
export type CompletionTrigger = z.infer<typeof completionTrigger>;
export type CompletionResolve = z.infer<typeof completionResolve>;
export type CompletionStartedEvent = z.infer<typeof completionStartedEvent>;
export type CompletionDeltaEvent = z.infer<typeof completionDeltaEvent>;
export type CompletionDoneEvent = z.infer<typeof completionDoneEvent>;
export type CompletionClosedEvent = z.infer<typeof completionClosedEvent>;
export type CompletionUsage = z.infer<typeof completionUsage>;
export type OpenCompletion = z.infer<typeof openCompletion>;
export type AiUnavailableEvent = z.infer<typeof aiUnavailableEvent>;
