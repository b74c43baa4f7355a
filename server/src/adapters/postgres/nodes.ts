import type { DataSource } from 'typeorm';
import { Nodes } from '../../core/cluster/nodes.js';
import { TranslatesOutages } from './store-errors.js';

const BEAT = `
WITH mine AS (
  INSERT INTO nodes (id, expires_at) VALUES ($1, now() + $2 * interval '1 millisecond')
  ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
), gone AS (
  DELETE FROM nodes WHERE expires_at < now() - interval '1 hour'
)
SELECT id FROM nodes WHERE expires_at > now()`;

const LEAVE = 'DELETE FROM nodes WHERE id = $1';

/** Renewed every second: four may be missed before a node counts as dead. */
const LEASE_MS = 5_000;

@TranslatesOutages
export class PostgresNodes extends Nodes {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async beat(node: string): Promise<ReadonlySet<string>> {
    const rows = await this.dataSource.query<{ id: string }[]>(BEAT, [node, LEASE_MS]);
    return new Set([node, ...rows.map(({ id }) => id)]);
  }

  override async leave(node: string): Promise<void> {
    await this.dataSource.query(LEAVE, [node]);
  }
}
