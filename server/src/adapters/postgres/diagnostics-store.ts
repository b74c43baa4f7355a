import type { DataSource } from 'typeorm';
import { DiagnosticsStore, type SourceResult } from '../../core/ai/diagnostics-store.js';
import { TranslatesOutages } from './store-errors.js';

// A run that was overtaken may end after the one that overtook it.
const REPLACE = `
INSERT INTO document_diagnostics (document_id, source, run_id, seq, state_vector, diagnostics, created_at)
SELECT document_id, source, run_id, seq, state_vector, diagnostics, now()
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int8[], $5::bytea[], $6::json[])
  AS given (document_id, source, run_id, seq, state_vector, diagnostics)
WHERE EXISTS (SELECT FROM documents d WHERE d.id = given.document_id AND d.deleted_at IS NULL)
ON CONFLICT (document_id, source) DO UPDATE SET run_id = excluded.run_id, seq = excluded.seq,
  state_vector = excluded.state_vector, diagnostics = excluded.diagnostics, created_at = excluded.created_at
WHERE document_diagnostics.seq <= excluded.seq`;

const COLUMNS = `g.document_id AS "documentId", g.source, g.run_id AS "runId", g.seq, g.state_vector AS "stateVector",
  g.diagnostics`;

const OF_DOCUMENT = `SELECT ${COLUMNS} FROM document_diagnostics g WHERE g.document_id = $1 ORDER BY g.source`;

const OF_PROJECT = `
SELECT ${COLUMNS} FROM document_diagnostics g JOIN documents d ON d.id = g.document_id
WHERE d.project_id = $1 AND d.deleted_at IS NULL AND g.diagnostics::text <> '[]' ORDER BY d.path COLLATE "C", g.source`;

const TEXTS = `SELECT id, path FROM documents WHERE project_id = $1 AND deleted_at IS NULL AND kind = 'text'`;

const DOCUMENTS = `${TEXTS} ORDER BY path COLLATE "C"`;

const DOCUMENT = `${TEXTS} AND id = $2`;

@TranslatesOutages
export class PostgresDiagnosticsStore extends DiagnosticsStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async replace(results: readonly SourceResult[]): Promise<void> {
    if (results.length === 0) return;
    await this.dataSource.query(REPLACE, [
      results.map(({ documentId }) => documentId),
      results.map(({ source }) => source),
      results.map(({ runId }) => runId),
      results.map(({ seq }) => seq),
      results.map(({ stateVector }) => Buffer.from(stateVector)),
      results.map(({ diagnostics }) => JSON.stringify(diagnostics)),
    ]);
  }

  override async ofDocument(documentId: string): Promise<readonly SourceResult[]> {
    return this.results(OF_DOCUMENT, documentId);
  }

  override async ofProject(projectId: string): Promise<readonly SourceResult[]> {
    return this.results(OF_PROJECT, projectId);
  }

  override async documents(projectId: string): Promise<readonly { id: string; path: string }[]> {
    return this.dataSource.query<{ id: string; path: string }[]>(DOCUMENTS, [projectId]);
  }

  override async document(projectId: string, documentId: string): Promise<{ id: string; path: string } | undefined> {
    const rows = await this.dataSource.query<{ id: string; path: string }[]>(DOCUMENT, [projectId, documentId]);
    return rows[0];
  }

  private async results(sql: string, id: string): Promise<SourceResult[]> {
    const rows = await this.dataSource.query<(Omit<SourceResult, 'seq'> & { seq: string })[]>(sql, [id]);
    return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  }
}
