import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';

/** What a refused request is answered with; `details` holds a gap's `{ stateVector, seq }`, an epoch's `{ epoch }`, a size's `{ limit }`. */
export const wireError = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retry: z.enum(['never', 'now', 'later', 'resync']),
  retryAfterMs: z.number().int().nonnegative().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type WireError = z.infer<typeof wireError>;

/** The one form of every Socket.IO ack. */
export type Answer<T extends object> = ({ ok: true } & T) | { ok: false; error: WireError };

export const empty = z.object({});
