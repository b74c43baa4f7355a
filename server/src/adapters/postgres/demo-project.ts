import type { DataSource } from 'typeorm';
import { DemoProject, type DemoSeed } from '../../core/project/demo-project.js';
import type { NewDocument } from '../../core/project/documents-directory.js';
import { insertDocument } from './insert-document.js';
import { PostgresMemberships } from './memberships.js';
import { lockProject } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

@TranslatesOutages
export class PostgresDemoProject extends DemoProject {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async ensure(
    { projectId, ownerId, ownerName, project }: DemoSeed,
    files: () => Promise<readonly NewDocument[]>,
  ): Promise<readonly { id: string; path: string }[]> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('INSERT INTO users (id, display_name) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        ownerId,
        ownerName,
      ]);
      await manager.query(
        'INSERT INTO projects (id, name, configuration, ai_context) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [projectId, project.name, project.configuration, project.aiContext],
      );
      await lockProject(manager, projectId);
      await manager.query(
        `INSERT INTO project_members (project_id, user_id, role) VALUES ($1, $2, 'owner') ON CONFLICT DO NOTHING`,
        [projectId, ownerId],
      );
      const [any] = await manager.query<unknown[]>(
        'SELECT 1 FROM documents WHERE project_id = $1 AND deleted_at IS NULL LIMIT 1',
        [projectId],
      );
      if (any !== undefined) return;
      for (const file of await files()) await insertDocument(manager, projectId, ownerId, file);
    });
    return new PostgresMemberships(this.dataSource).documents(projectId);
  }
}
