/** Limits that the server tells in `server:hello`; the numbers here are its defaults. Sizes are bytes. */
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
} as const;

export type Limits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };
