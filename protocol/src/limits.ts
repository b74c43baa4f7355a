/** Limits that the server tells in `server:hello`; the numbers here are its defaults. Sizes are bytes, rates are per second. */
export const DEFAULT_LIMITS = {
  /** One `document:update` body; a larger one goes in parts. */
  maxUpdateBytes: 512 * 1024,
  /** An update that was sent in parts, as a whole. */
  maxUploadBytes: 16 * 1024 * 1024,
  /** The encoded state of one document. */
  maxDocumentBytes: 64 * 1024 * 1024,
  /** Structs, and delete ranges, in one update. */
  maxUpdateStructs: 20_000,
  /** JSON of one awareness state. */
  maxAwarenessBytes: 4 * 1024,
  /** One packet of any kind (Engine.IO `maxHttpBufferSize`). */
  maxPacketBytes: 1024 * 1024,
  /** Documents that one connection may hold open. */
  maxOpenDocuments: 256,
  /** Client ids that one session may use in one document. */
  maxClientIds: 64,
  /** The one packet that is read before the connection is signed in. */
  maxHelloBytes: 8 * 1024,
  /** Binary attachments of one packet. */
  maxAttachments: 2,
  /** Connections of one person to one node. */
  maxConnectionsPerUser: 2000,
  /** Requests of one connection, edits and cursors apart: what is over is `rate_limited`. */
  requestRate: 50,
  /** So many requests may come at once. */
  requestBurst: 600,
  /** Cursors of one connection: of what is over, the newest of each document is kept. */
  awarenessRate: 50,
  /** Messages of one connection, an edit is one or two, packed or not: what is over is read later, never refused. */
  messageRate: 20_000,
  /** Bytes of them, read in the same way. */
  messageByteRate: 4 * 1024 * 1024,
} as const;

export type Limits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };
