import { z } from 'zod';
import { ERROR_CODES } from '../errors.js';

/** RFC 9457 problem details, `application/problem+json`; `code` is that of the socket's errors. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.enum(ERROR_CODES),
  retry: z.enum(['never', 'now', 'later', 'resync']),
  retryAfterMs: z.number().int().optional(),
  /** For `bad_request`: which fields, and what is wrong with each. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export type Problem = z.infer<typeof problem>;
