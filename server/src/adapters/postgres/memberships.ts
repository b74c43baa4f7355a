import type { DocumentEntry, Role } from '@tandem/protocol';
import type { PathRule } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { type DocumentAccess, Memberships } from '../../core/access/memberships.js';
import { roleAt } from '../../core/access/path-rules.js';
import { Gathered } from './gathered.js';
import { TranslatesOutages } from './store-errors.js';

/** Nobody but editors needs the rules of paths, and few projects have any: then they are not sent. */
const RULES = `CASE m.role WHEN 'editor' THEN nullif(p.path_rules, '[]') END AS rules`;

const ROLE = `
  SELECT m.role, ${RULES} FROM project_members m JOIN projects p ON p.id = m.project_id
  WHERE m.project_id = $1 AND m.user_id = $2`;

const ROLES_AT = `
  SELECT m.user_id AS "userId", m.role, d.path, ${RULES}
  FROM documents d
  JOIN projects p ON p.id = d.project_id
  JOIN project_members m ON m.project_id = d.project_id AND m.user_id = ANY ($2::uuid[])
  WHERE d.id = $1 AND d.deleted_at IS NULL`;

const ACCESS = `
  SELECT asked.at::int, d.project_id AS "projectId", m.role, d.kind, d.path, d.access_version AS "accessVersion",
    asked.user_id AS "userId", ${RULES}
  FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS asked (user_id, document_id, at)
  JOIN documents d ON d.id = asked.document_id AND d.deleted_at IS NULL
  JOIN projects p ON p.id = d.project_id
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
      const rows = await dataSource.query<AccessRow[]>(ACCESS, ids);
      const found = new Map(rows.map((row) => [row.at, accessOf(row)]));
      return asked.map((_, index) => found.get(index + 1));
    });
  }

  override async role(userId: string, projectId: string, path?: string): Promise<Role | undefined> {
    const [row] = await this.dataSource.query<RoleRow[]>(ROLE, [projectId, userId]);
    return row && path !== undefined ? roleOf({ ...row, userId, path }) : row?.role;
  }

  override async rolesAt(userIds: readonly string[], documentId: string): Promise<ReadonlyMap<string, Role>> {
    const rows = await this.dataSource.query<PlacedRow[]>(ROLES_AT, [documentId, userIds]);
    return new Map(rows.map((row) => [row.userId, roleOf(row)]));
  }

  override async document(userId: string, documentId: string): Promise<DocumentAccess | undefined> {
    return this.access.of({ userId, documentId });
  }

  override documents(projectId: string): Promise<DocumentEntry[]> {
    return this.dataSource.query<DocumentEntry[]>(DOCUMENTS, [projectId]);
  }
}

interface RoleRow {
  role: Role;
  rules: PathRule[] | null;
}

interface PlacedRow extends RoleRow {
  userId: string;
  path: string;
}

interface AccessRow extends PlacedRow {
  at: number;
  projectId: string;
  kind: DocumentAccess['kind'];
  accessVersion: string;
}

function roleOf({ role, rules, userId, path }: PlacedRow): Role {
  return roleAt(role, { userId, path, rules: rules ?? [] });
}

function accessOf(row: AccessRow): DocumentAccess {
  const { projectId, kind, path, accessVersion } = row;
  return { projectId, kind, path, role: roleOf(row), accessVersion: Number(accessVersion) };
}
