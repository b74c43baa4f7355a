import type { Role } from '@tandem/protocol';
import { aiPreferences, type PathRule } from '@tandem/protocol/http';
import { roleAt } from '../../core/access/path-rules.js';
import type { ClaimedAnalysis, ClaimedCompletion, RecordedCompletion } from '../../core/ai/ai-requests.js';

/** Statements of `PostgresAiRequests`. Each is one round trip, and one change of state. */

const LIVE = "state IN ('waiting', 'running')";
const RECORD = `id, user_id, project_id, document_id, state, attempt, suggestion, visibility, texts, deltas, model, usage,
  closed_at, closed_outcome, closed_by, accepted`;

const changing = (update: string) => `${update} RETURNING ${RECORD}`;

/** Closing takes the text away, unless it went into the document. */
const CLOSE = (outcome: string, by: string) => `closed_at = now(), closed_outcome = ${outcome}, closed_by = ${by},
  question = NULL, texts = CASE WHEN ${outcome} = 'accepted' THEN texts END,
  suggestion = CASE WHEN ${outcome} = 'accepted' THEN suggestion END`;

export const START_COMPLETION = `
WITH superseded AS (
  UPDATE ai_requests r SET state = CASE WHEN o.${LIVE} THEN 'cancelled' ELSE r.state END,
    finished_at = coalesce(r.finished_at, now()), ${CLOSE("'superseded'", '$2')}
  FROM (SELECT id, state FROM ai_requests
        WHERE kind = 'completion' AND user_id = $2 AND document_id = $4 AND closed_at IS NULL AND NOT (key = $1 AND ${LIVE})
        FOR UPDATE) o
  WHERE r.id = o.id RETURNING r.id, o.${LIVE} AS live, r.model
), made AS (
  INSERT INTO ai_requests (kind, key, user_id, project_id, document_id, question)
  SELECT 'completion', $1, $2, $3, $4, $5 FROM (SELECT count(*) FROM superseded) c
  ON CONFLICT DO NOTHING RETURNING id
)
SELECT coalesce((SELECT id FROM made), (SELECT id FROM ai_requests WHERE key = $1 AND ${LIVE})) AS id,
  EXISTS (SELECT FROM made) AS "isNew",
  coalesce((SELECT json_agg(json_build_object('id', id, 'wasLive', live, 'model', model)) FROM superseded), '[]') AS superseded`;

// One that waits reads the text when its turn comes: it serves whoever asks meanwhile, and keeps its place.
export const START_ANALYSIS = `
WITH waiting AS (
  SELECT id FROM ai_requests WHERE key = $1 AND state = 'waiting' AND user_id IS NOT DISTINCT FROM $2 FOR UPDATE
), cancelled AS (
  UPDATE ai_requests SET state = 'cancelled', finished_at = now(), key = key || ':' || id
  WHERE key = $1 AND ${LIVE} AND NOT EXISTS (SELECT FROM waiting) RETURNING id
), made AS (
  INSERT INTO ai_requests (kind, key, user_id, project_id, document_id)
  SELECT 'analysis', $1, $2, $3, $4 FROM (SELECT count(*) FROM cancelled) c WHERE NOT EXISTS (SELECT FROM waiting)
  ON CONFLICT (key) WHERE ${LIVE} DO NOTHING RETURNING id
)
SELECT coalesce((SELECT id FROM waiting), (SELECT id FROM made)) AS id, EXISTS (SELECT FROM made) AS "isNew",
  ARRAY(SELECT id FROM cancelled) AS cancelled`;

export const CLAIM = `
WITH claimed AS (
  UPDATE ai_requests SET state = 'running', attempt = attempt + 1, alive_at = now()
  WHERE id = $1 AND (state = 'waiting' OR (state = 'running' AND alive_at < now() - $2 * interval '1 millisecond'))
    AND ($3::int IS NULL OR attempt = $3)
  RETURNING id, kind, attempt, user_id, project_id, document_id, question
)
SELECT r.*, p.configuration, p.ai_context, p.path_rules, d.path, m.role, f.ai_preferences
FROM claimed r
JOIN projects p ON p.id = r.project_id
LEFT JOIN documents d ON d.id = r.document_id AND d.deleted_at IS NULL
LEFT JOIN project_members m ON m.project_id = r.project_id AND m.user_id = r.user_id
LEFT JOIN profiles f ON f.user_id = r.user_id`;

export const KEEP_ALIVE = `
WITH alive AS (
  UPDATE ai_requests r SET alive_at = now()
  FROM unnest($1::uuid[], $2::int[]) AS ours (id, attempt)
  WHERE r.id = ours.id AND r.attempt = ours.attempt AND r.state = 'running' RETURNING r.id
) SELECT id FROM alive`;

export const RELEASE = `
WITH released AS (
  UPDATE ai_requests r SET alive_at = '-infinity'
  FROM unnest($1::uuid[], $2::int[]) AS ours (id, attempt)
  WHERE r.id = ours.id AND r.attempt = ours.attempt AND r.state = 'running' RETURNING r.id
) SELECT id FROM released`;

const endOfAttempt = (more: string) => `
WITH finished AS (
  UPDATE ai_requests SET state = $3, finished_at = now()${more}
  WHERE id = $1 AND attempt = $2 AND state = 'running' RETURNING id
) SELECT id FROM finished`;

export const FINISH = endOfAttempt(
  ', question = NULL, suggestion = $4, visibility = $5, texts = $6, deltas = $7, model = $8, usage = $9, note = $10',
);

export const FINISH_ANALYSIS = endOfAttempt(', note = $4');

export const CANCEL = changing(`
  UPDATE ai_requests SET state = 'cancelled', finished_at = now(), closed_at = now(), closed_outcome = $3, closed_by = $2,
    question = NULL, texts = $4, accepted_length = $5, alternative = $6
  WHERE id = $1 AND kind = 'completion' AND ${LIVE} AND ($2::uuid IS NULL OR user_id = $2)`);

export const GET = `SELECT ${RECORD} FROM ai_requests WHERE id = $1 AND kind = 'completion'`;

export const OPEN_IN = `SELECT ${RECORD} FROM ai_requests
  WHERE document_id = $1 AND kind = 'completion' AND closed_at IS NULL AND state <> 'failed'
  ORDER BY created_at DESC LIMIT 50`;

export const RESOLVE = changing(`
  UPDATE ai_requests SET ${CLOSE('$2', '$3')}, accepted_length = $4, alternative = $5
  WHERE id = $1 AND kind = 'completion' AND closed_at IS NULL AND NOT ${LIVE}`);

export const ACCEPTED = `
WITH noted AS (
  UPDATE ai_requests SET accepted = accepted || $2::jsonb
  WHERE id = $1 AND NOT accepted @> $2::jsonb AND jsonb_array_length(accepted) < 64 AND closed_at IS NULL RETURNING id
) SELECT id FROM noted`;

export const ABANDONED = `SELECT id, kind, attempt, (extract(epoch FROM now() - created_at) * 1000)::float8 AS age FROM ai_requests
  WHERE ${LIVE} AND alive_at < now() - $1 * interval '1 millisecond' ORDER BY alive_at LIMIT 500`;

export const GIVE_UP = changing(`
  UPDATE ai_requests SET state = 'failed', finished_at = now(), note = $2, ${CLOSE("'failed'", 'NULL')}
  WHERE id = $1 AND attempt = $3 AND ${LIVE}`);

export const EXPIRE = changing(`
  UPDATE ai_requests SET ${CLOSE("'expired'", 'NULL')}
  WHERE id IN (SELECT id FROM ai_requests WHERE kind = 'completion' AND closed_at IS NULL AND NOT ${LIVE}
               AND finished_at < now() - $1 * interval '1 millisecond' LIMIT 500)`);

export const FORGET = `
WITH old AS (
  DELETE FROM ai_requests WHERE id IN (
    SELECT id FROM ai_requests WHERE created_at < now() - $1 * interval '1 millisecond' AND NOT ${LIVE}
      AND closed_outcome IS DISTINCT FROM 'accepted' LIMIT $2) RETURNING id
) SELECT count(*) FROM old`;

export interface ClaimRow {
  id: string;
  kind: 'completion' | 'analysis';
  attempt: number;
  user_id: string | null;
  project_id: string;
  document_id: string | null;
  question: ClaimedCompletion['question'];
  configuration: ClaimedCompletion['settings']['configuration'];
  ai_context: ClaimedCompletion['settings']['aiContext'];
  path_rules: PathRule[];
  path: string | null;
  role: ClaimedCompletion['role'];
  ai_preferences: unknown;
}

export function toClaim(row: ClaimRow): ClaimedCompletion | ClaimedAnalysis {
  const claim = {
    id: row.id,
    attempt: row.attempt,
    projectId: row.project_id,
    settings: { configuration: row.configuration, aiContext: row.ai_context },
  };
  if (row.kind === 'analysis') {
    return { ...claim, kind: 'analysis', role: claimedRole(row), userId: row.user_id, documentId: row.document_id };
  }
  return {
    ...claim,
    kind: 'completion',
    userId: row.user_id!,
    documentId: row.document_id!,
    path: row.path ?? '',
    // Without the document there is nothing to have a role in.
    role: row.path === null ? null : claimedRole(row),
    preferences: aiPreferences.parse(row.ai_preferences ?? {}),
    question: row.question,
  };
}

/** Of who asked for it: at the document's path, or in the project. */
function claimedRole({ role, user_id: userId, path, path_rules: rules }: ClaimRow): Role | null {
  return role === null || userId === null || path === null ? role : roleAt(role, { userId, path, rules });
}

interface RecordRow {
  id: string;
  user_id: string;
  project_id: string;
  document_id: string;
  state: RecordedCompletion['state'];
  attempt: number;
  suggestion: RecordedCompletion['suggestion'];
  visibility: RecordedCompletion['visibility'];
  texts: string[] | null;
  deltas: number;
  model: string | null;
  usage: RecordedCompletion['usage'];
  closed_at: Date | null;
  closed_outcome: string | null;
  closed_by: string | null;
  accepted: NonNullable<RecordedCompletion['closed']>['accepted'];
}

export function toRecord(row: RecordRow): RecordedCompletion {
  const { id, state, attempt, suggestion, visibility, texts, deltas, model, usage } = row;
  return {
    id,
    userId: row.user_id,
    projectId: row.project_id,
    documentId: row.document_id,
    state,
    attempt,
    suggestion,
    visibility,
    texts: texts ?? [],
    deltas,
    model,
    usage,
    closed: row.closed_at && {
      outcome: row.closed_outcome as NonNullable<RecordedCompletion['closed']>['outcome'],
      by: row.closed_by,
      accepted: row.accepted,
    },
  };
}
