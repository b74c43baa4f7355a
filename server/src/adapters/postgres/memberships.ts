import type { DocumentEntry, Role } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { type DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { TranslatesOutages } from './store-errors.js';

const ROLE = 'SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2';

const ROLES = 'SELECT user_id, role FROM project_members WHERE project_id = $1 AND user_id = ANY ($2::uuid[])';

const DOCUMENT = `
  SELECT d.project_id AS "projectId", m.role, d.kind, d.path, d.access_version AS "accessVersion"
  FROM documents d JOIN project_members m ON m.project_id = d.project_id AND m.user_id = $1
  WHERE d.id = $2 AND d.deleted_at IS NULL`;

const DOCUMENTS = `
  SELECT id, path, kind FROM documents
  WHERE project_id = $1 AND deleted_at IS NULL
  ORDER BY path COLLATE "C"`;

/** One statement by primary keys for each question: it is asked at every open. */
@TranslatesOutages
export class PostgresMemberships extends Memberships {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async role(userId: string, projectId: string): Promise<Role | undefined> {
    return (await this.one<{ role: Role }>(ROLE, [projectId, userId]))?.role;
  }

  override async roles(userIds: readonly string[], projectId: string): Promise<ReadonlyMap<string, Role>> {
    const rows = await this.dataSource.query<{ user_id: string; role: Role }[]>(ROLES, [projectId, userIds]);
    return new Map(rows.map((row) => [row.user_id, row.role]));
  }

  override async document(userId: string, documentId: string): Promise<DocumentAccess | undefined> {
    const row = await this.one<DocumentAccess>(DOCUMENT, [userId, documentId]);
    return row && { ...row, accessVersion: Number(row.accessVersion) };
  }

  override documents(projectId: string): Promise<DocumentEntry[]> {
    return this.dataSource.query<DocumentEntry[]>(DOCUMENTS, [projectId]);
  }

  private async one<T>(sql: string, values: string[]): Promise<T | undefined> {
    const rows = await this.dataSource.query<T[]>(sql, values);
    return rows[0];
  }
}
