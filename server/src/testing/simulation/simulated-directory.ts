import { type DocumentEntry, type Role, TandemError } from '@tandem/protocol';
import { type DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { Nodes } from '../../core/cluster/nodes.js';
import { StoreUnavailable } from '../../core/document/update-log.js';
import type { DatabaseLink } from './database-link.js';

/** As the adapters on PostgreSQL translate it. */
async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new TandemError('store_unavailable', undefined, undefined, 1000, 'later');
  }
}

/** Who may do what, as one node reads it. */
export class SimulatedMemberships extends Memberships {
  constructor(private readonly link: DatabaseLink) {
    super();
  }

  override role(userId: string): Promise<Role | undefined> {
    return translated(this.link.call('roles', () => this.link.database.roles.get(userId)));
  }

  override rolesAt(userIds: readonly string[]): Promise<ReadonlyMap<string, Role>> {
    const { roles } = this.link.database;
    return translated(
      this.link.call('roles', () => new Map([...roles].filter(([userId]) => userIds.includes(userId)))),
    );
  }

  override document(userId: string, documentId: string): Promise<DocumentAccess | undefined> {
    const { database } = this.link;
    return translated(
      this.link.call('roles', () => {
        const document = database.document(documentId);
        const role = database.roles.get(userId);
        if (!document || !role) return undefined;
        const { projectId, kind, accessVersion } = document;
        return { projectId, role, kind, path: `${documentId}.txt`, accessVersion };
      }),
    );
  }

  override async documents(): Promise<DocumentEntry[]> {
    return [];
  }
}

/** Leases by the clock of the database. */
export class SimulatedNodes extends Nodes {
  constructor(private readonly link: DatabaseLink) {
    super();
  }

  override beat(node: string): Promise<ReadonlySet<string>> {
    return translated(this.link.call('beat', () => this.link.database.renewLease(node)));
  }

  override leave(node: string): Promise<void> {
    return translated(this.link.call('beat', () => this.link.database.endLease(node)));
  }
}
