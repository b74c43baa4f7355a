import type { DocumentEntry, Role } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { type DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { Gathered } from './gathered.js';
import { TranslatesOutages } from './store-errors.js';

const ROLE = 'SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2';

const ROLES = 'SELECT user_id, role FROM project_members WHERE project_id = $1 AND user_id = ANY ($2::uuid[])';

const ACCESS = `
  SELECT asked.at::int, d.project_id AS "projectId", m.role, d.kind, d.path, d.access_version AS "accessVersion"
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked (user_id, document_id, at)
  JOIN documents d ON d.id = asked.document_id AND d.deleted_at IS NULL
  JOIN project_members m ON m.project_id = d.project_id AND m.user_id = asked.user_id`;

const DOCUMENTS = `
  SELECT id, path, kind FROM documents
  WHERE project_id = $1 AND deleted_at IS NULL
  ORDER BY path COLLATE "C"`;

/** Statements by primary keys; what is asked at every open is asked once for all who open something at the time. */
@TranslatesOutages
export class PostgresMemberships extends Memberships {
  private readonly access: Gathered<{ userId: string; documentId: string }, DocumentAccess | undefined>;

  constructor(private readonly dataSource: DataSource) {
    super();
    this.access = new Gathered(async (asked) => {
      const ids = [asked.map(({ userId }) => userId), asked.map(({ documentId }) => documentId)];
      const rows = await dataSource.query<(DocumentAccess & { at: number })[]>(ACCESS, ids);
      const found = new Map(
        rows.map(({ at, accessVersion, ...row }) => [at, { ...row, accessVersion: Number(accessVersion) }]),
      );
      return asked.map((_, index) => found.get(index + 1));
    });
  }

  override async role(userId: string, projectId: string): Promise<Role | undefined> {
    return (await this.one<{ role: Role }>(ROLE, [projectId, userId]))?.role;
  }

  override async roles(userIds: readonly string[], projectId: string): Promise<ReadonlyMap<string, Role>> {
    const rows = await this.dataSource.query<{ user_id: string; role: Role }[]>(ROLES, [projectId, userIds]);
    return new Map(rows.map((row) => [row.user_id, row.role]));
  }

  override async document(userId: string, documentId: string): Promise<DocumentAccess | undefined> {
    return this.access.of({ userId, documentId });
  }

  override documents(projectId: string): Promise<DocumentEntry[]> {
    return this.dataSource.query<DocumentEntry[]>(DOCUMENTS, [projectId]);
  }

  private async one<T>(sql: string, values: string[]): Promise<T | undefined> {
    const rows = await this.dataSource.query<T[]>(sql, values);
    return rows[0];
  }
}
