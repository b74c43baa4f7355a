import type { AuditEntry, AuditPage } from '@tandem/protocol/http';
import type { DataSource, EntityManager } from 'typeorm';
import { type AuditEvent, AuditLog, type AuditRange } from '../../core/access/audit-log.js';
import { AuditEventEntity } from './entities/index.js';
import { requireRole } from './project-change.js';
import { TranslatesOutages } from './store-errors.js';

interface EventRow {
  id: string;
  at: number;
  action: string;
  actor_id: string | null;
  display_name: string | null;
  target: string | null;
  address: string | null;
  details: AuditEntry['details'];
}

const SELECT = `
  SELECT a.id, (extract(epoch FROM a.created_at) * 1000)::float8 AS at, a.action, a.actor_id, u.display_name, a.target,
    a.address, a.details
  FROM audit_events a LEFT JOIN users u ON u.id = a.actor_id`;
const PAGE = 'AND a.id < $2 ORDER BY a.id DESC LIMIT $3';
const OF_PROJECT = `${SELECT} WHERE a.project_id = $1 ${PAGE}`;
/** Two walks through an index, and not one through the table. */
const OF_USER = `
  ${SELECT} WHERE a.id IN (
    (SELECT a.id FROM audit_events a WHERE a.actor_id = $1::uuid ${PAGE})
    UNION
    (SELECT a.id FROM audit_events a WHERE a.target = $1::text AND a.project_id IS NULL ${PAGE})
  ) ORDER BY a.id DESC LIMIT $3`;
const NEWEST = '9223372036854775807';

/** In the transaction of what it tells. */
export async function recordAudit(manager: EntityManager, event: AuditEvent): Promise<void> {
  const { action, actorId = null, projectId = null, target = null, address = null, details = {} } = event;
  await manager.insert(AuditEventEntity, { action, actorId, projectId, target, address, details });
}

@TranslatesOutages
export class PostgresAuditLog extends AuditLog {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async record(event: AuditEvent, manager?: unknown): Promise<void> {
    await recordAudit((manager as EntityManager | undefined) ?? this.dataSource.manager, event);
  }

  override async ofProject(userId: string, projectId: string, range: AuditRange): Promise<AuditPage> {
    await requireRole(this.dataSource, { userId, projectId, action: 'audit.read' });
    const page = await this.page(OF_PROJECT, projectId, range);
    // Where somebody works from is nobody's business but their own.
    return { ...page, events: page.events.map((event) => ({ ...event, address: null })) };
  }

  override ofUser(userId: string, range: AuditRange): Promise<AuditPage> {
    return this.page(OF_USER, userId, range);
  }

  override async prune(days: number): Promise<number> {
    const [, count] = await this.dataSource.query<[unknown[], number]>(
      `DELETE FROM audit_events WHERE created_at < now() - $1 * interval '1 day'`,
      [days],
    );
    return count;
  }

  private async page(sql: string, of: string, { before = NEWEST, limit }: AuditRange): Promise<AuditPage> {
    const rows = await this.dataSource.query<EventRow[]>(sql, [of, before, limit]);
    const last = rows.at(-1);
    return { events: rows.map(entryOf), ...(last && rows.length === limit ? { before: last.id } : {}) };
  }
}

function entryOf({ id, at, action, actor_id, display_name, target, address, details }: EventRow): AuditEntry {
  const actor = actor_id === null || display_name === null ? null : { userId: actor_id, displayName: display_name };
  return { id, at: Math.round(at), action, actor, target, address, details };
}
