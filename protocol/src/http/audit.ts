import { z } from 'zod';
import { id, time } from '../wire/fields.js';

/** A page of events, newest first, older than `before`. Texts, as in a query. */
export const auditQuery = z.strictObject({
  before: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const auditEvent = z.object({
  id: z.string(),
  at: time,
  /** `sign_in`, `member.changed`, ... */
  action: z.string(),
  /** Who did it; null: the server itself, nobody who is signed in, or an account that is gone. */
  actor: z.object({ userId: id, displayName: z.string() }).nullable(),
  /** Of whom, or of what. */
  target: z.string().nullable(),
  /** Network address of the caller; told of one's own account only. */
  address: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
/** `before` of the next page; absent on the last. */
export const auditPage = z.object({ events: z.array(auditEvent), before: z.string().optional() });

export type AuditEntry = z.infer<typeof auditEvent>;
export type AuditPage = z.infer<typeof auditPage>;
