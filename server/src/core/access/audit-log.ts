import type { AuditPage } from '@tandem/protocol/http';

/** Something that a person may later want to know: who did it, to what, from where. Never a secret, never text of a document. */
export interface AuditEvent {
  /** `sign_in`, `session.revoked`, `token.created`, ... */
  readonly action: string;
  readonly actorId?: string;
  readonly projectId?: string;
  /** The id, or the address, of whom or what it was done to. */
  readonly target?: string;
  /** Network address of the caller. */
  readonly address?: string;
  readonly details?: Record<string, string | number | boolean | null>;
}

/** Events older than `before`, newest first. */
export interface AuditRange {
  readonly before?: string | undefined;
  readonly limit: number;
}

/** What has happened to accounts, sign-ins and rights. */
export abstract class AuditLog {
  /** In the transaction of `manager`, where one is given: then it is written exactly when the thing itself is. */
  abstract record(event: AuditEvent, manager?: unknown): Promise<void>;
  /** Rejects with `not_found` for who is no member, `forbidden` for who may not read it. Without network addresses. */
  abstract ofProject(userId: string, projectId: string, range: AuditRange): Promise<AuditPage>;
  /** What somebody did, and what was done to their account. */
  abstract ofUser(userId: string, range: AuditRange): Promise<AuditPage>;
  /** Forgets what is older, in days; resolves to how many events that were. */
  abstract prune(days: number): Promise<number>;
}
