import { type ProjectEvent, TandemError } from '@tandem/protocol';
import type { PathRule, PathRuleList } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditLog } from '../../core/access/audit-log.js';
import type { Committed } from '../../core/project/committed.js';
import { PathRuleStore } from '../../core/project/path-rule-store.js';
import { ProjectEntity } from './entities/index.js';
import { changeProject, fenceDocuments, recordEvent, requireRole } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

/** A column of the project: they are read with a role, in one statement. */
@TranslatesOutages
export class PostgresPathRuleStore extends PathRuleStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: AuditLog,
  ) {
    super();
  }

  override async get(userId: string, projectId: string): Promise<PathRuleList> {
    await requireRole(this.dataSource, { userId, projectId, action: 'project.read' });
    return listOf(await find(this.dataSource.manager, projectId));
  }

  override set(
    userId: string,
    projectId: string,
    rules: readonly PathRule[],
    version?: number,
  ): Promise<Committed<PathRuleList>> {
    return changeProject(this.dataSource, { userId, projectId, action: 'rules.change' }, async (manager) => {
      const before = await find(manager, projectId);
      if (version !== undefined && version !== before.pathRulesVersion) throw new TandemError('outdated');
      if (isSame(rules, before.pathRules)) return { value: listOf(before) };
      const pathRulesVersion = before.pathRulesVersion + 1;
      await manager.update(ProjectEntity, { id: projectId }, { pathRules: [...rules], pathRulesVersion });
      await fenceDocuments(manager, projectId);
      const details = { rules: rules.length, version: pathRulesVersion };
      await this.audit.record({ action: 'rules.changed', actorId: userId, projectId, details }, manager);
      const event: ProjectEvent = { type: 'project.changed', projectId, name: before.name };
      return {
        value: { rules: [...rules], version: pathRulesVersion },
        written: await recordEvent(manager, event, userId),
      };
    });
  }
}

function find(manager: EntityManager, projectId: string): Promise<ProjectEntity> {
  return manager.findOneByOrFail(ProjectEntity, { id: projectId });
}

function listOf({ pathRules, pathRulesVersion }: ProjectEntity): PathRuleList {
  return { rules: pathRules, version: pathRulesVersion };
}

function isSame(some: readonly PathRule[], others: readonly PathRule[]): boolean {
  const text = (rules: readonly PathRule[]) =>
    JSON.stringify(rules.map(({ path, access, userId }) => [path, access, userId]));
  return text(some) === text(others);
}
