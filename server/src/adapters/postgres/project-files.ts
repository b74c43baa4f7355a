import { type ProjectFile, ProjectFiles } from '../../core/ai/project-files.js';
import type { StatementPool } from './statement-pool.js';
import { TranslatesOutages } from './store-errors.js';

const READABLE = `
SELECT d.id, d.path, d.head FROM documents d JOIN project_members m ON m.project_id = d.project_id AND m.user_id = $1
WHERE d.project_id = $2 AND d.deleted_at IS NULL AND d.kind = 'text' ORDER BY d.path COLLATE "C"`;

@TranslatesOutages
export class PostgresProjectFiles extends ProjectFiles {
  constructor(private readonly pool: StatementPool) {
    super();
  }

  override async readable(userId: string, projectId: string): Promise<readonly ProjectFile[]> {
    const rows = await this.pool.query<Omit<ProjectFile, 'head'> & { head: string }>(READABLE, [userId, projectId]);
    return rows.map(({ id, path, head }) => ({ id, path, head: Number(head) }));
  }
}
