import type { DataSource, EntityManager } from 'typeorm';
import { ChangeLog, type News } from '../../core/access/change-log.js';
import type { Change, WrittenChange } from '../../core/access/changes.js';
import { LogPosition } from '../../core/access/log-position.js';
import { TranslatesOutages } from './store-errors.js';

const WRITE = `
INSERT INTO changes (transaction, change) VALUES (pg_current_xact_id()::text::bigint, $1)
RETURNING id, transaction`;

/** What the statement itself sees. */
const POSITION = `
  pg_current_snapshot()::text AS snapshot,
  coalesce((SELECT max(id) FROM changes), 0) AS newest,
  extract(epoch FROM clock_timestamp()) * 1000 AS at`;

/**
 * What the snapshot $1 did not show. Below its xmin it showed everything. A row after $2, the newest that was seen, is new in
 * any case: after a crash PostgreSQL gives numbers of transactions that left no trace to others. (Not so ids: a row that was
 * seen is on the disk, and so is its id.) A number that this cluster has not given yet is that of another one, whose rows
 * were restored here: it says nothing, and would be new with every look.
 *
 * When $4 seconds have passed since $3, rows may have been deleted unseen; not so where one remains that was seen, since
 * they go the oldest first.
 */
const NEWS = `
WITH news AS MATERIALIZED (
  SELECT id, transaction, change FROM changes
  WHERE id > $2 OR transaction >= pg_snapshot_xmin($1::pg_snapshot)::text::bigint
    AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND NOT pg_visible_in_snapshot(transaction::text::xid8, $1::pg_snapshot)
  ORDER BY id LIMIT $5
)
SELECT ${POSITION},
  coalesce((SELECT jsonb_agg(news ORDER BY id) FROM news), '[]') AS changes,
  extract(epoch FROM clock_timestamp()) * 1000 < $3::float8 + $4 * 1000
    OR NOT EXISTS (SELECT FROM changes)
    OR EXISTS (SELECT FROM changes WHERE pg_visible_in_snapshot(transaction::text::xid8, $1::pg_snapshot)) AS is_kept`;

/** The newest stays: a database that has not even that is an older one. */
const PRUNE = `
DELETE FROM changes
WHERE created_at < clock_timestamp() - make_interval(secs => $1) AND id < (SELECT max(id) FROM changes)`;

const KEPT_S = 10 * 60;
/** A look of this long ago may have missed something; less than is kept, for transactions that take their time. */
const VOUCHED_S = KEPT_S - 60;
/** So many at once are not told one by one. */
const MOST = 10_000;

interface PositionRow {
  snapshot: string;
  newest: string;
  at: string;
}

interface NewsRow extends PositionRow {
  changes: WrittenChange[];
  is_kept: boolean;
}

@TranslatesOutages
export class PostgresChangeLog extends ChangeLog {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async news(since: LogPosition | undefined): Promise<News> {
    if (!since) {
      const [row] = await this.dataSource.query<PositionRow[]>(`SELECT ${POSITION}`);
      return { seen: positionOf(row!), changes: [], isWhole: true };
    }
    const { snapshot, newest, at } = since;
    const [row] = await this.dataSource.query<NewsRow[]>(NEWS, [snapshot, newest, at, VOUCHED_S, MOST]);
    const { changes, is_kept: isKept } = row!;
    const seen = positionOf(row!);
    return { seen, changes, isWhole: isKept && seen.newest >= newest && changes.length < MOST };
  }

  override async prune(): Promise<void> {
    await this.dataSource.query(PRUNE, [KEPT_S]);
  }
}

/** In the transaction that makes the change, so that there is none that nobody is told of. */
export async function writeChange(manager: EntityManager, change: Change): Promise<WrittenChange> {
  const [row] = await manager.query<{ id: string; transaction: string }[]>(WRITE, [change]);
  return { id: Number(row!.id), transaction: Number(row!.transaction), change };
}

function positionOf({ snapshot, newest, at }: PositionRow): LogPosition {
  return new LogPosition({ snapshot, newest: Number(newest), at: Number(at) });
}
