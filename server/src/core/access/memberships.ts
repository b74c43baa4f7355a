import type { DocumentEntry, DocumentKind, Role } from '@tandem/protocol';

export interface DocumentAccess {
  readonly projectId: string;
  /** What the user acts under at the document's path (`roleAt`). */
  readonly role: Role;
  readonly kind: DocumentKind;
  readonly path: string;
  /** The fence under which the role was read (decision 002). */
  readonly accessVersion: number;
}

/** What a user may reach. Deleted documents and projects of others are absent alike: `undefined`. */
export abstract class Memberships {
  /** In the project, or at one of its paths (`roleAt`). */
  abstract role(userId: string, projectId: string, path?: string): Promise<Role | undefined>;
  /** What those among the users who are members act under at a document; empty when it is gone. */
  abstract rolesAt(userIds: readonly string[], documentId: string): Promise<ReadonlyMap<string, Role>>;
  abstract document(userId: string, documentId: string): Promise<DocumentAccess | undefined>;
  /** The documents of a project, by path. */
  abstract documents(projectId: string): Promise<DocumentEntry[]>;
}
