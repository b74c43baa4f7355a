import { type DocumentKind, TandemError } from '@tandem/protocol';
import type { Version } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import { DELETED_USER } from '../../../core/access/account-deletion.js';
import type { Action } from '../../../core/access/permissions.js';
import type { StoredSnapshot } from '../../../core/document/update-log.js';
import type { PastDocument } from '../../../core/history/past-documents.js';
import { MAX_VERSIONS, Versions } from '../../../core/history/versions.js';
import { changeProject, requireRole } from '../project-change.js';
import { TranslatesOutages } from '../store-errors.js';
import type { Query } from '../update-log/stored-rows.js';
import { FOUND_SNAPSHOT, INSERT_SNAPSHOT, readSnapshot, snapshotValues } from './snapshot-rows.js';

const VERSIONS = `
SELECT v.id, v.document_id, v.name, v.seq, v.created_at, v.created_by, coalesce(u.display_name, '${DELETED_USER}') AS display_name
FROM document_versions v LEFT JOIN users u ON u.id = v.created_by
WHERE v.document_id = $1`;

const STATE = `
SELECT ${FOUND_SNAPSHOT} FROM document_versions v JOIN document_snapshots s ON s.id = v.snapshot_id
WHERE v.document_id = $1 AND v.id = $2`;

interface VersionRow {
  id: string;
  document_id: string;
  name: string;
  seq: string;
  created_at: Date;
  created_by: string;
  display_name: string;
}

@TranslatesOutages
export class PostgresVersions extends Versions {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async list(userId: string, documentId: string): Promise<Version[]> {
    await requireReader(this.dataSource, userId, documentId);
    const rows = await this.dataSource.query<VersionRow[]>(`${VERSIONS} ORDER BY v.seq DESC, v.created_at DESC`, [
      documentId,
    ]);
    return rows.map(toVersion);
  }

  /** The snapshot is its own, though there may be an equal one: whatever becomes of that, a version keeps what it names. */
  override add(userId: string, documentId: string, name: string, snapshot: StoredSnapshot): Promise<Version> {
    return this.change(userId, documentId, 'history.name', async (manager) => {
      const [counted] = await manager.query<{ count: number }[]>(
        'SELECT count(*)::int AS count FROM document_versions WHERE document_id = $1',
        [documentId],
      );
      if (counted!.count >= MAX_VERSIONS) throw new TandemError('too_large', undefined, { limit: MAX_VERSIONS });
      const [saved] = await manager.query<{ id: string }[]>(INSERT_SNAPSHOT, snapshotValues(documentId, snapshot));
      const [made] = await manager.query<{ id: string }[]>(
        'INSERT INTO document_versions (document_id, name, seq, snapshot_id, created_by) VALUES ($1, $2, $3, $4, $5) RETURNING id',
        [documentId, name, snapshot.seq, saved!.id, userId],
      );
      return find(manager, documentId, made!.id);
    });
  }

  override rename(userId: string, documentId: string, versionId: string, name: string): Promise<Version> {
    return this.change(userId, documentId, 'history.name', async (manager) => {
      await manager.query('UPDATE document_versions SET name = $3 WHERE document_id = $1 AND id = $2', [
        documentId,
        versionId,
        name,
      ]);
      return find(manager, documentId, versionId);
    });
  }

  /** Retention takes its snapshot, which may by now begin history. */
  override delete(userId: string, documentId: string, versionId: string): Promise<void> {
    return this.change(userId, documentId, 'history.name', async (manager) => {
      await find(manager, documentId, versionId);
      await manager.query('DELETE FROM document_versions WHERE document_id = $1 AND id = $2', [documentId, versionId]);
    });
  }

  override async state(userId: string, documentId: string, versionId: string): Promise<PastDocument> {
    const { kind } = await requireReader(this.dataSource, userId, documentId);
    const query: Query = (sql, values) => this.dataSource.query(sql, [...values]);
    const found = await readSnapshot(query, STATE, [documentId, versionId]);
    if (found === undefined) throw new TandemError('not_found');
    const { snapshot } = found;
    return { kind, seq: snapshot.seq, snapshot, rows: [] };
  }

  private async change<T>(
    userId: string,
    documentId: string,
    action: Action,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const { projectId } = await placeOf(this.dataSource, documentId);
    return changeProject(this.dataSource, { userId, projectId, action }, async (manager) => {
      // Under the project's lock it cannot be deleted or moved any more.
      const { path } = await placeOf(manager, documentId);
      await requireRole(manager, { userId, projectId, action, path });
      return work(manager);
    });
  }
}

interface Place {
  readonly projectId: string;
  readonly path: string;
  readonly kind: DocumentKind;
}

export async function placeOf(db: DataSource | EntityManager, documentId: string): Promise<Place> {
  const sql = 'SELECT project_id AS "projectId", path, kind FROM documents WHERE id = $1 AND deleted_at IS NULL';
  const [place] = await db.query<Place[]>(sql, [documentId]);
  if (place === undefined) throw new TandemError('not_found');
  return place;
}

async function requireReader(db: DataSource, userId: string, documentId: string): Promise<Place> {
  const place = await placeOf(db, documentId);
  await requireRole(db, { userId, projectId: place.projectId, action: 'history.read' });
  return place;
}

async function find(manager: EntityManager, documentId: string, versionId: string): Promise<Version> {
  const [row] = await manager.query<VersionRow[]>(`${VERSIONS} AND v.id = $2`, [documentId, versionId]);
  if (row === undefined) throw new TandemError('not_found');
  return toVersion(row);
}

function toVersion(row: VersionRow): Version {
  return {
    id: row.id,
    documentId: row.document_id,
    name: row.name,
    seq: Number(row.seq),
    createdAt: row.created_at.getTime(),
    createdBy: { userId: row.created_by, displayName: row.display_name },
  };
}
