import type { Version } from '@tandem/protocol/http';
import type { StoredSnapshot } from '../document/update-log.js';
import type { PastDocument } from './past-documents.js';

/** Each holds the whole document: a bound, so that a script cannot fill the disk with them. */
export const MAX_VERSIONS = 1_000;

/**
 * Moments that somebody gave a name, kept until they are deleted. All reject with TandemError `not_found` for who is no
 * member of the project, those that change something with `forbidden` for who may not write.
 */
export abstract class Versions {
  /** By `seq`, newest first. */
  abstract list(userId: string, documentId: string): Promise<Version[]>;
  /** Rejects with `too_large` when there are `MAX_VERSIONS`. Not safe to repeat: each is another one. */
  abstract add(userId: string, documentId: string, name: string, snapshot: StoredSnapshot): Promise<Version>;
  abstract rename(userId: string, documentId: string, versionId: string, name: string): Promise<Version>;
  abstract delete(userId: string, documentId: string, versionId: string): Promise<void>;
  /** What the document was. */
  abstract state(userId: string, documentId: string, versionId: string): Promise<PastDocument>;
}
