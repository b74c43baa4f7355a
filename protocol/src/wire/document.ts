import { z } from 'zod';
import { openCompletion } from './completion.js';
import { bytes, clientId, documentKind, epoch, id, role, seq } from './fields.js';
import { provenance } from './provenance.js';

export const documentOpen = z.object({
  documentId: id,
  /** Encoded state vector of what the client has; left out by one that has nothing. */
  stateVector: bytes.optional(),
  seq: seq.optional(),
  epoch: epoch.optional(),
  clientId: clientId.optional(),
  /** Random, one for each `Y.Doc`: lets a reconnect take over its own client id from a half-open socket. */
  instance: z
    .string()
    .min(1)
    .max(64)
    // PostgreSQL stores none.
    .refine((text) => !text.includes('\0'), { error: 'must not contain NUL characters' })
    .optional(),
});

export const documentOpenAnswer = z.object({
  /** What the client lacks, up to `seq`. Absent when it comes as `pieces` events of `document:piece`. */
  update: bytes.optional(),
  pieces: z.number().int().positive().optional(),
  /** The committed state at `seq`. */
  stateVector: bytes,
  seq,
  epoch,
  role,
  kind: documentKind,
  /** y-protocols awareness update of everybody else who is here. */
  awareness: bytes.optional(),
  /** Suggestions that stand open in it, with their text so far. */
  completions: z.array(openCompletion).optional(),
  /** Stored edits of it are lost. `clientIds`: the client has more than the server of these ids, which are its user's. */
  damaged: z.object({ clientIds: z.array(clientId) }).optional(),
});

/** One large update is cut into parts, numbered from 0, under an id that the client chooses. */
const part = {
  uploadId: z.string().min(1).max(64),
  part: z.number().int().nonnegative(),
  parts: z.number().int().positive().max(1024),
};

export const documentUpdate = z.object({
  documentId: id,
  update: bytes,
  /** Made from the server's state vector after a gap; exempt from the struct limit. */
  resync: z.boolean().optional(),
  provenance: provenance.optional(),
  ...z.object(part).partial().shape,
});

/** `stored: false`: nothing in it was new; `seq` then covers what it held. A part that is not the last: no `seq`. */
export const documentUpdateAnswer = z.object({ seq: seq.optional(), stored: z.literal(false).optional() });

export const documentClose = z.object({ documentId: id });

/** Committed edits `fromSeq` to `seq`, merged into one update. */
export const documentUpdateEvent = z.object({ documentId: id, update: bytes, fromSeq: seq, seq, epoch });
export const documentPieceEvent = z.object({
  documentId: id,
  /** From 0. The pieces in order, joined, are one update. */
  piece: z.number().int().nonnegative(),
  pieces: z.number().int().positive(),
  bytes,
});
/** After a backlog was skipped: all that the recipient may lack. */
export const documentResyncEvent = z.object({ documentId: id, update: bytes, stateVector: bytes, seq, epoch });
export const documentStatusEvent = z.object({
  documentId: id,
  state: z.enum(['ok', 'stalled', 'closed']),
  /** Of `closed`: the server reads the document anew, and it may be opened again at once. */
  reopen: z.literal(true).optional(),
});
export const documentRoleEvent = z.object({ documentId: id, role });
export const documentResetEvent = z.object({ documentId: id, epoch });

export type DocumentOpen = z.infer<typeof documentOpen>;
export type DocumentOpenAnswer = z.infer<typeof documentOpenAnswer>;
export type DocumentUpdate = z.infer<typeof documentUpdate>;
export type DocumentUpdateAnswer = z.infer<typeof documentUpdateAnswer>;
export type DocumentUpdateEvent = z.infer<typeof documentUpdateEvent>;
export type DocumentResyncEvent = z.infer<typeof documentResyncEvent>;
