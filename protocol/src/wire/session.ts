import { z } from 'zod';
import { wireError } from './answer.js';
import { id, time } from './fields.js';

/** `io(url, { auth })`. `packed` announces a decoder that takes packed frames (`packed.ts`). */
export const handshakeAuth = z.object({
  token: z.string().max(8192),
  protocol: z.number().int().optional(),
  packed: z.literal(1).optional(),
});

export const limits = z.object({
  maxUpdateBytes: z.number(),
  maxUploadBytes: z.number(),
  maxDocumentBytes: z.number(),
  maxUpdateStructs: z.number(),
  maxAwarenessBytes: z.number(),
  maxPacketBytes: z.number(),
  maxOpenDocuments: z.number(),
  maxClientIds: z.number(),
  maxHelloBytes: z.number(),
  maxAttachments: z.number(),
  maxConnectionsPerUser: z.number(),
  requestRate: z.number(),
  requestBurst: z.number(),
  awarenessRate: z.number(),
  messageRate: z.number(),
  messageByteRate: z.number(),
});

/** The first event of a connection. `now` is the server's clock; `packed`: it sends and takes packed frames on this one. */
export const serverHello = z.object({
  node: z.string(),
  protocol: z.number().int(),
  limits,
  now: time,
  userId: id,
  packed: z.literal(1).optional(),
});

export const sessionRenew = z.object({ token: z.string().max(8192) });
export const sessionRenewAnswer = z.object({ expiresAt: time });

export const sessionExpiring = z.object({ expiresAt: time });
export const sessionClosed = z.object({
  code: z.string(),
  message: z.string(),
  /** Where coming back makes sense: not before. */
  retryAfterMs: z.number().int().nonnegative().optional(),
});
export const serverDrain = z.object({ reconnectAfterMs: z.number().int().nonnegative() });
/** The refusal of an event that came without an ack. */
export const serverError = z.object({ event: z.string(), documentId: id.optional(), error: wireError });

export type HandshakeAuth = z.infer<typeof handshakeAuth>;
export type ServerHello = z.infer<typeof serverHello>;
