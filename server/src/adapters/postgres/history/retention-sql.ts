import type { Leftover } from '../../../core/history/retention-store.js';

/** Days of history of a document or request of the project `p`; 0 keeps all. $1 is the server's own setting. */
const DAYS = `coalesce((p.configuration ->> 'historyDays')::int, $1)`;

/** A pass that comes an hour later must not make every busy document a new checkpoint. */
const SLACK_DAYS = 1;

/** A page of them by id; from the index alone, where the table was vacuumed. */
export const DOCUMENTS = 'SELECT id FROM documents WHERE id > $1 ORDER BY id LIMIT $2';

/** Rows are deleted from the oldest on: the one at `history_seq` is the last to go. */
export const EXPIRED = `
SELECT d.id, d.history_seq, d.head, k.days > 0 AS is_limited,
  (extract(epoch FROM now() - make_interval(days => k.days)) * 1000)::float8 AS keep_from
FROM documents d JOIN projects p ON p.id = d.project_id CROSS JOIN LATERAL (SELECT ${DAYS} AS days) k
WHERE d.id = ANY ($2::uuid[]) AND d.deleted_at IS NULL AND (
  EXISTS (SELECT FROM document_updates u WHERE u.document_id = d.id AND u.seq = d.history_seq)
  OR k.days > 0 AND EXISTS (
    SELECT FROM document_updates u WHERE u.document_id = d.id AND u.seq = d.history_seq + 1
      AND u.created_at < now() - make_interval(days => k.days + ${SLACK_DAYS})))
ORDER BY d.id`;

export const NEWEST_SNAPSHOT = `
SELECT max(seq) AS seq FROM document_snapshots WHERE document_id = $1 AND seq > $2 AND seq <= $3`;

/** Sizes are known without reading what is large. */
export const STEP = `
SELECT max(seq) AS seq FROM (
  SELECT seq, sum(octet_length(bytes)) OVER (ORDER BY seq) AS bytes FROM document_updates
  WHERE document_id = $1 AND seq > $2 AND seq <= least($3::int8, $2::int8 + $4::int8)
) rows WHERE bytes <= $5 OR seq = $2::int8 + 1`;

export const ADVANCE = `
UPDATE documents SET history_seq = $3,
  history_at = (SELECT created_at FROM document_updates WHERE document_id = $1 AND seq = $3),
  snapshot_id = CASE WHEN snapshot_seq < $3 THEN $4 ELSE snapshot_id END,
  snapshot_seq = greatest(snapshot_seq, $3)
WHERE id = $1 AND history_seq = $2 AND head >= $3 AND deleted_at IS NULL
  AND EXISTS (SELECT FROM document_snapshots s WHERE s.id = $4 AND s.document_id = $1 AND s.seq = $3)`;

/** By the `history_seq` that is committed, whatever the caller thinks it is. */
export const DELETE_ROWS = `
DELETE FROM document_updates u USING documents d
WHERE d.id = $1 AND u.document_id = $1 AND u.seq <= d.history_seq
  AND u.seq < (SELECT min(seq) FROM document_updates WHERE document_id = $1) + $2`;

/** Text at a moment replays so many rows at most, in about a second. */
const ROWS_BETWEEN_SNAPSHOTS = 100_000;

/** Loads begin with it, history begins with it, or it has a name. */
const IS_HELD = `(s.id IS NOT DISTINCT FROM d.snapshot_id OR s.seq = d.history_seq
  OR EXISTS (SELECT FROM document_versions v WHERE v.snapshot_id = s.id))`;

/**
 * Snapshots of documents of which some may go, in their order; of those that history can be put together from, the bytes of
 * rows between two of which one may go. Of a document that was thinned before, these are the rows of the last hours.
 */
export const SNAPSHOT_PLACES = `
WITH places AS (
  SELECT s.id, s.document_id, s.seq, s.created_at, s.seq < d.history_seq AS is_behind, ${IS_HELD} AS is_held,
    lag(s.seq, 1, d.history_seq) OVER (
      PARTITION BY s.document_id, s.seq < d.history_seq ORDER BY s.seq, s.created_at) AS previous,
    s.seq = max(s.seq) OVER (
      PARTITION BY s.document_id, s.seq / ${ROWS_BETWEEN_SNAPSHOTS}, date_trunc('day', s.created_at, 'UTC')) AS is_last
  FROM document_snapshots s JOIN documents d ON d.id = s.document_id
  WHERE s.document_id = ANY ($1::uuid[]) AND d.deleted_at IS NULL
), kept AS (SELECT *, is_held OR is_last AS is_kept FROM places), asked AS (
  SELECT *, NOT is_behind AND NOT (is_kept AND lag(is_kept, 1, true) OVER (
    PARTITION BY document_id, is_behind ORDER BY seq, created_at)) AS is_asked,
    bool_or(is_behind AND NOT is_held OR NOT is_kept) OVER (PARTITION BY document_id) AS is_thinned
  FROM kept
)
SELECT id, document_id, is_behind, is_held, is_kept, CASE WHEN is_asked THEN coalesce((
    SELECT sum(octet_length(u.bytes)) FROM document_updates u
    WHERE u.document_id = asked.document_id AND u.seq > asked.previous AND u.seq <= asked.seq), 0) ELSE 0 END::float8 AS bytes
FROM asked WHERE is_thinned ORDER BY document_id, seq, created_at`;

/** Whether something else holds one by now, is asked again. */
export const DELETE_SNAPSHOTS = `
DELETE FROM document_snapshots s USING documents d
WHERE s.id = ANY ($1::uuid[]) AND d.id = s.document_id AND d.deleted_at IS NULL AND NOT ${IS_HELD}`;

export const DEAD_DOCUMENTS = `
SELECT d.id FROM documents d JOIN projects p ON p.id = d.project_id
WHERE d.id > $2 AND d.deleted_at IS NOT NULL AND ${DAYS} > 0 AND d.deleted_at < now() - make_interval(days => ${DAYS})
ORDER BY d.id LIMIT $3`;

export const BURY_ROWS = `
DELETE FROM document_updates WHERE document_id = $1
  AND seq IN (SELECT seq FROM document_updates WHERE document_id = $1 ORDER BY seq LIMIT $2)`;

/** One after the other; what else is of a document goes with its row, by foreign keys. */
export const BURY = [
  'DELETE FROM document_versions WHERE document_id = $1',
  'DELETE FROM document_snapshots WHERE document_id = $1',
  'DELETE FROM documents WHERE id = $1 AND deleted_at IS NOT NULL',
];

/** How long an unpublished event waits for a consumer at least, and where history is kept for ever. */
const OUTBOX_DAYS = { least: 7, forEver: 30 };
/** How long sign-ins that ended are kept, where history is kept for ever. */
const SESSION_DAYS = 30;

/** When nothing that the session `s` gave out is valid any more: $2 is the life of an access token in seconds. */
const SESSION_END = `
coalesce((SELECT max(greatest(t.expires_at, t.created_at + make_interval(secs => $2))) FROM refresh_tokens t
  WHERE t.session_id = s.id), s.created_at + make_interval(secs => $2))`;

const IS_GUEST = `u.kind = 'guest'`;

interface LeftoverQuery {
  readonly table: Leftover['table'];
  readonly sql: string;
  /** Before the limit, which comes last. */
  readonly values: readonly number[];
}

/** In this order: what goes with a project needs no deletion of its own. */
export function leftoverQueries(historyDays: number, accessTokenTtl: number): LeftoverQuery[] {
  const outboxDays = historyDays === 0 ? OUTBOX_DAYS.forEver : Math.max(OUTBOX_DAYS.least, historyDays);
  const queries: LeftoverQuery[] = [
    { table: 'projects', sql: PROJECTS, values: [historyDays] },
    { table: 'ai_requests', sql: AI_REQUESTS, values: [historyDays] },
    { table: 'document_quarantine', sql: QUARANTINE, values: [historyDays] },
    { table: 'event_outbox', sql: EVENT_OUTBOX, values: [outboxDays] },
    { table: 'sign_in_attempts', sql: SIGN_IN_ATTEMPTS, values: [] },
    { table: 'sign_in_links', sql: SIGN_IN_LINKS, values: [] },
    { table: 'oidc_flows', sql: OIDC_FLOWS, values: [] },
    { table: 'one_time_tokens', sql: ONE_TIME_TOKENS, values: [] },
    { table: 'refresh_tokens', sql: REFRESH_TOKENS, values: [] },
    { table: 'personal_tokens', sql: PERSONAL_TOKENS, values: [] },
    { table: 'sessions', sql: SESSIONS, values: [historyDays || SESSION_DAYS, accessTokenTtl] },
  ];
  // Their names stand in histories that are kept.
  if (historyDays > 0) queries.push({ table: 'users', sql: GUESTS, values: [historyDays, accessTokenTtl] });
  return queries;
}

/** Deleted ones have no member; their documents went before them. */
const PROJECTS = `
DELETE FROM projects WHERE id IN (
  SELECT p.id FROM projects p WHERE ${DAYS} > 0 AND p.created_at < now() - make_interval(days => ${DAYS})
    AND NOT EXISTS (SELECT FROM project_members m WHERE m.project_id = p.id)
    AND NOT EXISTS (SELECT FROM documents d WHERE d.project_id = p.id) LIMIT $2)`;

/** Those that were accepted: the others are forgotten after a day. Rows that name them may stay a day longer than they must. */
const AI_REQUESTS = `
DELETE FROM ai_requests WHERE id IN (
  SELECT r.id FROM ai_requests r JOIN projects p ON p.id = r.project_id
  WHERE ${DAYS} > 0 AND r.created_at < now() - make_interval(days => ${DAYS} + ${SLACK_DAYS + 1})
    AND r.state NOT IN ('waiting', 'running') LIMIT $2)`;

/** What is healed is a record only; what is not, is kept. */
const QUARANTINE = `
DELETE FROM document_quarantine WHERE id IN (
  SELECT q.id FROM document_quarantine q JOIN documents d ON d.id = q.document_id JOIN projects p ON p.id = d.project_id
  WHERE ${DAYS} > 0 AND q.healed_at < now() - make_interval(days => ${DAYS}) LIMIT $2)`;

/** The first ones by id are the oldest: the rest of the table is not looked at. */
const EVENT_OUTBOX = `
WITH first AS (SELECT id, created_at, published_at FROM event_outbox ORDER BY id LIMIT $2)
DELETE FROM event_outbox USING first WHERE event_outbox.id = first.id
  AND first.created_at < now() - CASE WHEN first.published_at IS NULL THEN make_interval(days => $1) ELSE interval '1 day' END`;

/** Those that say nothing any more. A sign-in that holds one waits for nobody. */
const SIGN_IN_ATTEMPTS = `
DELETE FROM sign_in_attempts WHERE key IN (
  SELECT key FROM sign_in_attempts WHERE count = 0 OR at < now() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED)`;

const SIGN_IN_LINKS = `
DELETE FROM sign_in_links WHERE token_hash IN (
  SELECT token_hash FROM sign_in_links WHERE expires_at < now() - interval '1 day' LIMIT $1)`;

const OIDC_FLOWS = `
DELETE FROM oidc_flows WHERE state_hash IN (
  SELECT state_hash FROM oidc_flows WHERE expires_at < now() - interval '1 hour' LIMIT $1)`;

/** A registration that nobody went on with leaves nothing behind. */
const ONE_TIME_TOKENS = `
DELETE FROM one_time_tokens WHERE token_hash IN (
  SELECT token_hash FROM one_time_tokens WHERE expires_at < now() - interval '1 hour' LIMIT $1)`;

/** The newest of a session tells when it ended. */
const REFRESH_TOKENS = `
DELETE FROM refresh_tokens WHERE token_hash IN (
  SELECT t.token_hash FROM refresh_tokens t WHERE t.expires_at < now() - interval '1 day' AND EXISTS (
    SELECT FROM refresh_tokens n WHERE n.session_id = t.session_id AND n.created_at > t.created_at) LIMIT $1)`;

/** Shown as ended until then, so that their owner sees why a program was refused. */
const PERSONAL_TOKENS = `
DELETE FROM personal_tokens WHERE id IN (
  SELECT id FROM personal_tokens WHERE expires_at < now() - interval '30 days' LIMIT $1)`;

const SESSIONS = `
DELETE FROM sessions WHERE id IN (
  SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE NOT (${IS_GUEST}) AND ${SESSION_END} < now() - make_interval(days => $1) LIMIT $3)`;

/**
 * Nobody can sign in as them again. Their memberships go with them, and no fence moves: they have no token to write with.
 * Kept as long as the history of any project of theirs, where their names stand.
 */
const GUESTS = `
DELETE FROM users WHERE id IN (
  SELECT u.id FROM users u
  WHERE ${IS_GUEST}
    AND NOT EXISTS (SELECT FROM project_members m WHERE m.user_id = u.id AND m.role = 'owner')
    AND greatest(u.created_at, (SELECT max(${SESSION_END}) FROM sessions s WHERE s.user_id = u.id)) < now() - make_interval(
      days => greatest($1, (SELECT max((p.configuration ->> 'historyDays')::int)
        FROM project_members m JOIN projects p ON p.id = m.project_id WHERE m.user_id = u.id)))
  LIMIT $3)`;
