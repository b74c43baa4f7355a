import { type ProjectEvent, type Role, TandemError } from '@tandem/protocol';
import type { Project } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import type { Committed } from '../../core/project/committed.js';
import { type NewProject, Projects } from '../../core/project/projects.js';
import { recordAudit } from './audit-log.js';
import { ProjectEntity, ProjectLinkEntity, ProjectMemberEntity, SignInLinkEntity } from './entities/index.js';
import { changeProject, fenceDocuments, recordEvent } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

interface ProjectRow {
  id: string;
  name: string;
  role: Role;
  configuration: Project['configuration'];
  ai_context: Project['aiContext'];
  created_at: Date;
}

const SELECT = `
  SELECT p.id, p.name, m.role, p.configuration, p.ai_context, p.created_at
  FROM project_members m JOIN projects p ON p.id = m.project_id
  WHERE m.user_id = $1`;

@TranslatesOutages
export class PostgresProjects extends Projects {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override create(userId: string, project: NewProject): Promise<Project> {
    return this.dataSource.transaction(async (manager) => {
      const entity = manager.create(ProjectEntity, project);
      await manager.insert(ProjectEntity, entity);
      await manager.insert(ProjectMemberEntity, { projectId: entity.id, userId, role: 'owner' });
      return find(manager, userId, entity.id);
    });
  }

  override async list(userId: string): Promise<Project[]> {
    const rows = await this.dataSource.query<ProjectRow[]>(`${SELECT} ORDER BY p.created_at, p.id`, [userId]);
    return rows.map(fromRow);
  }

  override get(userId: string, projectId: string): Promise<Project> {
    return find(this.dataSource, userId, projectId);
  }

  override change(userId: string, projectId: string, patch: Partial<NewProject>): Promise<Committed<Project>> {
    return changeProject(this.dataSource, { userId, projectId, action: 'project.change' }, async (manager) => {
      if (Object.values(patch).every((value) => value === undefined))
        return { value: await find(manager, userId, projectId) };
      await manager.update(ProjectEntity, { id: projectId }, patch);
      const details = { changed: Object.keys(patch).join(', '), ...guestsOf(patch) };
      await recordAudit(manager, { action: 'project.changed', actorId: userId, projectId, details });
      const value = await find(manager, userId, projectId);
      const event: ProjectEvent = { type: 'project.changed', projectId, name: value.name };
      return { value, written: await recordEvent(manager, event, userId) };
    });
  }

  /**
   * Not a cascade: it would delete the updates of every file under locks that committers with other projects in their
   * batch wait behind, and what one click ended could not be brought back. The row stays, without a member to find it.
   */
  override delete(userId: string, projectId: string): Promise<Committed<void>> {
    return changeProject(this.dataSource, { userId, projectId, action: 'project.delete' }, async (manager) => {
      // Links before members: a sign-in that is using one holds its row and adds a member, which must go too.
      await manager.delete(SignInLinkEntity, { projectId });
      await manager.delete(ProjectLinkEntity, { projectId });
      await manager.delete(ProjectMemberEntity, { projectId });
      await fenceDocuments(manager, projectId);
      await manager.query('UPDATE documents SET deleted_at = now() WHERE project_id = $1 AND deleted_at IS NULL', [
        projectId,
      ]);
      await recordAudit(manager, { action: 'project.deleted', actorId: userId, projectId });
      const event: ProjectEvent = { type: 'project.deleted', projectId };
      return { value: undefined, written: await recordEvent(manager, event, userId) };
    });
  }
}

/** Whether strangers may come in by a link is worth a word of its own. */
function guestsOf({ configuration }: Partial<NewProject>): { guests?: boolean } {
  return configuration ? { guests: configuration.guests } : {};
}

async function find(db: DataSource | EntityManager, userId: string, projectId: string): Promise<Project> {
  const [row] = await db.query<ProjectRow[]>(`${SELECT} AND p.id = $2`, [userId, projectId]);
  if (row === undefined) throw new TandemError('not_found');
  return fromRow(row);
}

function fromRow(row: ProjectRow): Project {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    configuration: row.configuration,
    aiContext: row.ai_context,
    createdAt: row.created_at.getTime(),
  };
}
