import type { DocumentEntry, DocumentKind, Role } from '@tandem/protocol';

export interface DocumentAccess {
  readonly projectId: string;
  readonly role: Role;
  readonly kind: DocumentKind;
  readonly path: string;
  /** The fence under which the role was read (decision 002). */
  readonly accessVersion: number;
}

/** What a user may reach. Deleted documents and projects of others are absent alike: `undefined`. */
export abstract class Memberships {
  abstract role(userId: string, projectId: string): Promise<Role | undefined>;
  /** Of those among the users who are members. */
  abstract roles(userIds: readonly string[], projectId: string): Promise<ReadonlyMap<string, Role>>;
  abstract document(userId: string, documentId: string): Promise<DocumentAccess | undefined>;
  /** The documents of a project, by path. */
  abstract documents(projectId: string): Promise<DocumentEntry[]>;
}
