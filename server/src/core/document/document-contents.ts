/**
 * Text in and out of Yjs bytes. A `Y.Doc` is made only behind this port, in a worker thread, never on the path of an
 * edit.
 */
export abstract class DocumentContents {
  /** A Yjs v1 update that makes an empty document read `text` (root `content`), under the client id given with it. */
  abstract encode(text: string): Promise<{ update: Uint8Array; clientId: number }>;
  /** The text of everything committed so far. Rejects with TandemError `not_found`, or `store_unavailable`. */
  abstract text(documentId: string): Promise<{ text: string; seq: number }>;
}
