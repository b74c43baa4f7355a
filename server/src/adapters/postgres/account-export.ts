import { TandemError } from '@tandem/protocol';
import type { DataSource } from 'typeorm';
import { AccountExport } from '../../core/access/account-export.js';
import { TranslatesOutages } from './store-errors.js';

/** Rows that are read at a time. */
const PAGE = 500;

/**
 * A part of the export: rows of the user $1, each with a `cursor`, those after $2, at most $3 of them. Only columns that are
 * about the user: never a hash of a password or a token, never who else is in a project or what was done to whom.
 */
interface Part {
  readonly name: string;
  readonly sql: string;
  /** Comes before every cursor; default: of uuids. */
  readonly first?: string;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

const ACCOUNT = `
SELECT id, email, display_name AS "displayName", kind, email_verified_at AS "emailVerifiedAt",
  password_hash IS NOT NULL AS "hasPassword", created_at AS "createdAt",
  EXISTS (SELECT FROM totp_factors f WHERE f.user_id = users.id AND f.confirmed_at IS NOT NULL) AS "hasSecondFactor"
FROM users WHERE id = $1`;

const PROFILE = `
SELECT ide_settings AS "ideSettings", ai_preferences AS "aiPreferences", updated_at AS "updatedAt"
FROM profiles WHERE user_id = $1`;

const PARTS: readonly Part[] = [
  {
    name: 'memberships',
    sql: `SELECT m.project_id AS cursor, m.project_id AS "projectId", p.name AS project, m.role, m.created_at AS since
FROM project_members m JOIN projects p ON p.id = m.project_id
WHERE m.user_id = $1 AND m.project_id > $2 ORDER BY m.project_id LIMIT $3`,
  },
  {
    name: 'sessions',
    sql: `SELECT id AS cursor, id, kind, agent, address, created_at AS "createdAt", last_used_at AS "lastUsedAt",
  revoked_at AS "revokedAt" FROM sessions WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
  {
    name: 'personalTokens',
    sql: `SELECT id AS cursor, id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt" FROM personal_tokens WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
  {
    name: 'identities',
    sql: `SELECT id AS cursor, id, issuer, subject, email, display_name AS "displayName", created_at AS "createdAt",
  last_used_at AS "lastUsedAt" FROM identities WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
  {
    name: 'aiRequests',
    sql: `SELECT id AS cursor, id, kind, state, project_id AS "projectId", document_id AS "documentId", model, usage,
  created_at AS "createdAt", finished_at AS "finishedAt", closed_outcome AS outcome, accepted_length AS "acceptedLength"
FROM ai_requests WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
  {
    name: 'activity',
    first: '0',
    sql: `SELECT id::text AS cursor, action, project_id AS "projectId", address, details, created_at AS at
FROM audit_events WHERE actor_id = $1 AND id > $2::text::bigint ORDER BY id LIMIT $3`,
  },
  {
    name: 'documents',
    sql: `SELECT id AS cursor, id, project_id AS "projectId", path, kind, created_at AS "createdAt", deleted_at AS "deletedAt"
FROM documents WHERE created_by = $1 AND id > $2 ORDER BY id LIMIT $3`,
  },
];

const PROJECT_DOCUMENTS = `
SELECT d.id AS cursor, d.path, d.project_id AS "projectId" FROM documents d
JOIN project_members m ON m.project_id = d.project_id AND m.user_id = $1
WHERE d.id > $2 AND d.deleted_at IS NULL
  AND EXISTS (SELECT FROM document_clients c WHERE c.document_id = d.id AND c.user_id = $1)
ORDER BY d.id LIMIT $3`;

/** Within the primary key of one document. */
const AUTHORED = `
SELECT count(*)::int AS updates, min(created_at) AS first, max(created_at) AS last
FROM document_updates WHERE document_id = $1 AND user_id = $2`;

type Row = Record<string, unknown> & { cursor: string };

/** A class of its own, as its methods are asynchronous: the decorator wants them to be. */
@TranslatesOutages
class Reader {
  constructor(private readonly dataSource: DataSource) {}

  async one<T>(sql: string, values: readonly unknown[]): Promise<T | undefined> {
    return (await this.dataSource.query<T[]>(sql, [...values]))[0];
  }

  async page(sql: string, userId: string, after: string): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, [userId, after, PAGE]);
  }
}

export class PostgresAccountExport extends AccountExport {
  private readonly reader: Reader;

  constructor(dataSource: DataSource) {
    super();
    this.reader = new Reader(dataSource);
  }

  override async *of(userId: string): AsyncIterable<string> {
    const account = await this.reader.one(ACCOUNT, [userId]);
    if (account === undefined) throw new TandemError('invalid_token');
    const profile = (await this.reader.one(PROFILE, [userId])) ?? null;
    const head = { exportedAt: new Date().toISOString(), account, profile };
    yield `{${Object.entries(head)
      .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
      .join(',\n')}`;
    for (const { name, sql, first } of PARTS) yield* list(name, this.rows(sql, userId, first));
    yield* list('authorship', this.authorship(userId));
    yield '}\n';
  }

  private async *rows(sql: string, userId: string, first = FIRST): AsyncIterable<Row> {
    let after = first;
    for (;;) {
      const rows = await this.reader.page(sql, userId, after);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.cursor;
    }
  }

  /** How much of which file the user has written, in projects that he is in. */
  private async *authorship(userId: string): AsyncIterable<Row> {
    for await (const document of this.rows(PROJECT_DOCUMENTS, userId)) {
      const counts = await this.reader.one<object>(AUTHORED, [document.cursor, userId]);
      yield { ...document, documentId: document.cursor, ...counts };
    }
  }
}

async function* list(name: string, rows: AsyncIterable<Row>): AsyncIterable<string> {
  yield `,\n${JSON.stringify(name)}: [`;
  let separator = '\n';
  for await (const { cursor: _, ...row } of rows) {
    yield separator + JSON.stringify(row);
    separator = ',\n';
  }
  yield ']';
}
