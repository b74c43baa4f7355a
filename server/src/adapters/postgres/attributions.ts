import type { Attribution } from '@tandem/protocol/http';
import type { DataSource } from 'typeorm';
import { DELETED_USER } from '../../core/access/account-deletion.js';
import { Attributions } from '../../core/ai/attributions.js';
import { TranslatesOutages } from './store-errors.js';

const OF = `
SELECT u.provenance, u.user_id AS "userId", coalesce(a.display_name, '${DELETED_USER}') AS "displayName", u.seq,
  (extract(epoch FROM u.created_at) * 1000)::float8 AS "acceptedAt", coalesce(r.model, '') AS model
FROM document_updates u
LEFT JOIN users a ON a.id = u.user_id
LEFT JOIN ai_requests r ON r.id = (u.provenance ->> 'completionId')::uuid
WHERE u.document_id = $1 AND u.provenance IS NOT NULL AND u.provenance ? 'completionId' ORDER BY u.seq`;

type Row = Omit<Attribution, 'completionId' | 'client' | 'clock' | 'length' | 'seq'> & {
  provenance: Pick<Attribution, 'completionId' | 'client' | 'clock' | 'length'>;
  seq: string;
};

@TranslatesOutages
export class PostgresAttributions extends Attributions {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async of(documentId: string): Promise<readonly Attribution[]> {
    const rows = await this.dataSource.query<Row[]>(OF, [documentId]);
    return rows.map(({ provenance: { completionId, client, clock, length }, seq, acceptedAt, ...row }) => ({
      completionId,
      client,
      clock,
      length,
      ...row,
      acceptedAt: Math.floor(acceptedAt),
      seq: Number(seq),
    }));
  }
}
