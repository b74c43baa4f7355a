import type { DataSource, EntityManager } from 'typeorm';
import { checksum } from '../../../core/document/checksum.js';
import { Quarantine, type SetAside, type SetAsideRow } from '../../../core/document/quarantine.js';
import type { Damage, RowProvenance } from '../../../core/document/update-log.js';
import { translate } from './log-errors.js';
import { BATCH_ROWS } from './stored-rows.js';

/** By their keys alone: a scan, which is faster in a small table, would read the damaged pages of others as well. */
const BY_KEY = 'SET LOCAL enable_seqscan = off';

const LOCK = 'SELECT id FROM documents WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE';

/** Of one reason, with their bytes as they are. */
const SET_ROWS_ASIDE = `
INSERT INTO document_quarantine (document_id, part, seq, reason, user_id, bytes, checksum, provenance, written_at)
SELECT document_id, 'row', seq, $2, user_id, bytes, checksum, provenance, created_at
FROM document_updates WHERE document_id = $1 AND seq = ANY ($3::int8[])
ON CONFLICT DO NOTHING RETURNING id`;

/** Its three columns one after another: what the checksum is of. */
const SET_SNAPSHOTS_ASIDE = `
INSERT INTO document_quarantine (document_id, part, seq, reason, bytes, checksum, written_at)
SELECT document_id, 'snapshot', seq, $2, structs || struct_index || delete_set, checksum, created_at
FROM document_snapshots WHERE document_id = $1 AND id = ANY ($3::uuid[])
ON CONFLICT DO NOTHING RETURNING id`;

/** Of what is missing, or what the database cannot read, there is nothing to keep. */
const NOTE_ABSENT = `
INSERT INTO document_quarantine (document_id, part, seq, reason)
SELECT $1, part, seq, $2 FROM unnest($3::text[], $4::int8[]) AS absent (part, seq)
ON CONFLICT DO NOTHING RETURNING id`;

const FLAG = 'UPDATE documents SET damaged_at = now() WHERE id = $1 AND damaged_at IS NULL';

const MARK = 'SELECT coalesce(max(id), 0) AS mark FROM document_quarantine WHERE document_id = $1';

/** What is set aside of earlier epochs is a record, and nothing that the document lacks. */
const SET_ASIDE = `
SELECT q.seq, q.reason, q.user_id, q.provenance, q.bytes, q.checksum
FROM document_quarantine q JOIN documents d ON d.id = q.document_id
WHERE q.document_id = $1 AND q.part = 'row' AND q.healed_at IS NULL AND q.seq >= greatest(d.epoch_seq, $2)
ORDER BY q.seq LIMIT ${BATCH_ROWS}`;

/** One that stands where it was, and is sound by now, was repaired. */
const IN_PLACE = `
SELECT seq, user_id, provenance, bytes, checksum FROM document_updates WHERE document_id = $1 AND seq = ANY ($2::int8[])`;

const HEAL =
  'UPDATE document_quarantine SET healed_at = now() WHERE document_id = $1 AND id <= $2 AND healed_at IS NULL';

const UNFLAG = `
UPDATE documents SET damaged_at = NULL WHERE id = $1 AND damaged_at IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM document_quarantine q WHERE q.document_id = $1 AND q.healed_at IS NULL)`;

/** One for each session that ever wrote: those that may still come back are among the newest. */
const OWNERS = `
SELECT client_id, user_id FROM document_clients WHERE document_id = $1 ORDER BY created_at DESC LIMIT 100000`;

interface FoundRow {
  seq: string;
  user_id: string | null;
  provenance: RowProvenance | null;
  bytes: Buffer | null;
  checksum: string | null;
}

export class PostgresQuarantine extends Quarantine {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  override async setAside(documentId: string, damage: readonly Damage[]): Promise<SetAside> {
    const noted = await this.transaction(async (manager) => {
      // First, so that nobody takes the flag away between the records and it.
      await manager.query(LOCK, [documentId]);
      const recorded = await record(manager, documentId, damage);
      const [{ mark }] = await manager.query<[{ mark: string }]>(MARK, [documentId]);
      return { mark: Number(mark), recorded };
    });
    // Without the lock: a hundred thousand rows take a second, and appends would wait for it.
    return { rows: await this.transaction((manager) => findSetAside(manager, documentId)), ...noted };
  }

  override async healed(documentId: string, mark: number): Promise<void> {
    await this.transaction(async (manager) => {
      await manager.query(LOCK, [documentId]);
      await manager.query(HEAL, [documentId, mark]);
      await manager.query(UNFLAG, [documentId]);
    });
  }

  override async owners(documentId: string): Promise<ReadonlyMap<number, string>> {
    const rows: { client_id: string; user_id: string }[] = await this.dataSource
      .query(OWNERS, [documentId])
      .catch(translate);
    return new Map(rows.map(({ client_id, user_id }) => [Number(client_id), user_id]));
  }

  private transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource
      .transaction(async (manager) => {
        await manager.query(BY_KEY);
        return work(manager);
      })
      .catch(translate);
  }
}

/** Resolves to how many were not recorded yet. */
async function record(manager: EntityManager, documentId: string, damage: readonly Damage[]): Promise<number> {
  if (damage.length === 0) return 0;
  let recorded = 0;
  for (const reason of new Set(damage.map((one) => one.reason))) {
    for (const [sql, ...lists] of statementsFor(damage.filter((one) => one.reason === reason))) {
      recorded += (await manager.query<unknown[]>(sql, [documentId, reason, ...lists])).length;
    }
  }
  await manager.query(FLAG, [documentId]);
  return recorded;
}

/** Each with its lists of parameters; all are of one reason. */
function statementsFor(damage: readonly Damage[]): [sql: string, ...lists: unknown[][]][] {
  const { reason } = damage[0]!;
  const seqs = (parts: readonly Damage[]) => parts.map(({ seq }) => seq);
  if (reason === 'missing' || reason === 'unreadable') {
    return [[NOTE_ABSENT, damage.map(({ part }) => part), seqs(damage)]];
  }
  const rows = damage.filter(({ part }) => part === 'row');
  const snapshots = damage.filter(({ part }) => part === 'snapshot');
  return [
    [SET_ROWS_ASIDE, seqs(rows)],
    [SET_SNAPSHOTS_ASIDE, snapshots.map(({ id }) => id)],
  ];
}

/** In batches: behind one bad row there may be a hundred thousand. */
async function findSetAside(manager: EntityManager, documentId: string): Promise<SetAsideRow[]> {
  const all: SetAsideRow[] = [];
  for (let from = 0; ; from = all[all.length - 1]!.seq + 1) {
    const batch = await findBatch(manager, documentId, from);
    for (const row of batch) all.push(row);
    if (batch.length < BATCH_ROWS) return all;
  }
}

async function findBatch(manager: EntityManager, documentId: string, from: number): Promise<SetAsideRow[]> {
  const kept = await manager.query<(FoundRow & { reason: string })[]>(SET_ASIDE, [documentId, from]);
  const readable = kept.filter(({ reason }) => reason !== 'unreadable').map(({ seq }) => seq);
  const inPlace = await manager.query<FoundRow[]>(IN_PLACE, [documentId, readable]);
  const now = new Map(inPlace.map((row) => [row.seq, row]));
  return kept.map((row) => {
    const found = now.get(row.seq);
    return found && isSound(found) ? toSetAside(found) : toSetAside(row);
  });
}

function toSetAside(row: FoundRow): SetAsideRow {
  const { seq, user_id, provenance, bytes } = row;
  return {
    seq: Number(seq),
    userId: user_id ?? undefined,
    provenance: provenance ?? undefined,
    bytes: bytes && isSound(row) ? bytes : undefined,
  };
}

function isSound({ bytes, checksum: sum }: FoundRow): boolean {
  return bytes !== null && sum !== null && checksum(bytes) === Number(sum);
}
