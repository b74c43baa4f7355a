import type { DocumentEntry, DocumentKind, Role } from '@tandem/protocol';

/** What a user may reach. Deleted documents and projects of others are absent alike: `undefined`. */
export abstract class Memberships {
  abstract role(userId: string, projectId: string): Promise<Role | undefined>;
  abstract document(
    userId: string,
    documentId: string,
  ): Promise<{ projectId: string; role: Role; kind: DocumentKind; path: string } | undefined>;
  /** The documents of a project, by path. */
  abstract documents(projectId: string): Promise<DocumentEntry[]>;
}
