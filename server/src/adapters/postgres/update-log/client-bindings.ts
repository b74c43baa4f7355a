import type { DataSource } from 'typeorm';
import type { ClientOwner } from '../../../core/document/update-log.js';
import { Gathered } from '../gathered.js';

interface Binding {
  readonly documentId: string;
  readonly clientId: number;
  readonly userId: string;
  readonly instance: string | undefined;
}

interface BoundRow {
  readonly document_id: string;
  readonly client_id: string;
  readonly user_id: string;
  readonly instance: string | null;
}

/**
 * Those that are known are only read: at a reconnect nearly all are. New ones are inserted in one order, so that two nodes
 * that bind the same ids wait for each other and never in a circle.
 */
const BIND = `
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT ON (document_id, client_id) document_id, client_id, user_id, instance
  FROM unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[]) WITH ORDINALITY
    AS w (document_id, client_id, user_id, instance, at)
  ORDER BY document_id, client_id, at
), known AS MATERIALIZED (
  SELECT document_id, client_id, c.user_id, c.instance FROM wanted JOIN document_clients c USING (document_id, client_id)
), bound AS (
  INSERT INTO document_clients (document_id, client_id, user_id, instance)
  SELECT document_id, client_id, user_id, instance FROM wanted
  WHERE NOT EXISTS (SELECT FROM known WHERE (known.document_id, known.client_id) = (wanted.document_id, wanted.client_id))
  ORDER BY document_id, client_id
  ON CONFLICT DO NOTHING RETURNING document_id, client_id, user_id, instance
)
SELECT * FROM known UNION ALL SELECT * FROM bound`;

/** Whose a client id is (rule V1). */
export class ClientBindings {
  private readonly gathered: Gathered<Binding, ClientOwner | undefined>;

  constructor(dataSource: Pick<DataSource, 'query'>) {
    this.gathered = new Gathered(async (wanted) => {
      const rows = await dataSource.query<BoundRow[]>(BIND, [
        wanted.map(({ documentId }) => documentId),
        wanted.map(({ clientId }) => clientId),
        wanted.map(({ userId }) => userId),
        wanted.map(({ instance }) => instance ?? null),
      ]);
      const owners = new Map(rows.map((row) => [`${row.document_id} ${row.client_id}`, toOwner(row)]));
      return wanted.map(({ documentId, clientId }) => owners.get(`${documentId} ${clientId}`));
    });
  }

  /** The owner of the id, which is the user unless it had one. Rejects with what the driver throws. */
  async bind(binding: Binding): Promise<ClientOwner> {
    for (;;) {
      const owner = await this.gathered.of(binding);
      // One that another transaction inserted a moment ago is neither known nor bound here.
      if (owner !== undefined) return owner;
    }
  }
}

function toOwner({ user_id: userId, instance }: BoundRow): ClientOwner {
  return { userId, instance: instance ?? undefined };
}
