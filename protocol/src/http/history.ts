import { z } from 'zod';
import { epoch, id, seq, time } from '../wire/fields.js';

/** What a query holds is text. */
const numeric = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);

/** Pages go back in time: `before` is that of the page before. */
export const historyQuery = z.strictObject({
  before: numeric.pipe(seq).optional(),
  /** Changes in one page. */
  limit: numeric.pipe(z.number().int().min(1).max(200)).default(50),
});

/** A moment of a document, by `seq` or by the clock of the server; neither is now. */
export const momentQuery = z
  .strictObject({ seq: numeric.pipe(seq).optional(), at: numeric.pipe(time).optional() })
  .refine((moment) => moment.seq === undefined || moment.at === undefined, { error: 'Give one of seq and at' });

export const historyAuthor = z.object({ userId: id, displayName: z.string() });

/** What a restore or a reset brought back: the text of then, or nothing. */
export const historySource = z.union([
  z.object({ seq, versionId: id.optional() }),
  z.object({ empty: z.literal(true) }),
]);

/** Consecutive updates that belong together, as far as one can tell from who wrote them and when. */
export const historyChange = z.object({
  /** `edit`, or one that stands alone: `restore` (an edit that brought a text back), `reset` (the document began anew). */
  kind: z.enum(['edit', 'restore', 'reset']),
  /** Of a restore or a reset. */
  of: historySource.optional(),
  /** The first update of it, and the last; the text after it is that at `seq`. */
  fromSeq: seq,
  seq,
  from: time,
  to: time,
  authors: z.array(historyAuthor),
  /** How many there are, and their size in bytes. */
  updates: z.number().int().positive(),
  bytes: z.number().int().nonnegative(),
  /** Whether text of a suggestion was accepted in it. */
  hasSuggestions: z.boolean(),
});

/** Newest first. */
export const historyPage = z.object({
  changes: z.array(historyChange),
  /** Of the next page; null: there is nothing before. */
  before: seq.nullable(),
  /** Where history begins: texts at an earlier `seq` are gone. */
  oldestSeq: seq,
});

export const versionName = z.string().trim().min(1).max(120);

/** Names the moment `seq`, or now. */
export const versionBody = z.strictObject({ name: versionName, seq: seq.optional() });
export const versionPatch = z.strictObject({ name: versionName });

export const version = z.object({
  id,
  documentId: id,
  name: z.string(),
  /** The last update that it contains. */
  seq,
  createdAt: time,
  createdBy: historyAuthor,
});

/** By `seq`, newest first. */
export const versionList = z.object({ versions: z.array(version) });

const oneOf = (keys: readonly string[]) => (body: object) =>
  keys.filter((key) => (body as Record<string, unknown>)[key] !== undefined).length === 1;

const moment = { seq: seq.optional(), at: time.optional(), versionId: id.optional() };

/** Exactly one of them. */
export const restoreBody = z
  .strictObject(moment)
  .refine(oneOf(['seq', 'at', 'versionId']), { error: 'Give one of seq, at and versionId' });

/** `seq`: the update that did it; restoring `seq` - 1 undoes it. `changed: false`: the text was that already. */
export const restoreAnswer = z.object({ seq, changed: z.boolean() });

/** Exactly one of them. */
export const resetBody = z
  .strictObject({ ...moment, empty: z.literal(true).optional() })
  .refine(oneOf(['seq', 'at', 'versionId', 'empty']), { error: 'Give one of seq, at, versionId and empty' });

/** The new epoch, and the update that it begins with. */
export const resetAnswer = z.object({ epoch, seq });

export type HistoryQuery = z.input<typeof historyQuery>;
export type HistoryAuthor = z.infer<typeof historyAuthor>;
export type HistorySource = z.infer<typeof historySource>;
export type HistoryChange = z.infer<typeof historyChange>;
export type HistoryPage = z.infer<typeof historyPage>;
export type Version = z.infer<typeof version>;
export type VersionList = z.infer<typeof versionList>;
export type RestoreBody = z.infer<typeof restoreBody>;
export type RestoreAnswer = z.infer<typeof restoreAnswer>;
export type ResetBody = z.infer<typeof resetBody>;
export type ResetAnswer = z.infer<typeof resetAnswer>;
