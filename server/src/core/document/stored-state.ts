import { runNow, type Work } from '../work.js';
import { DocumentState } from './document-state.js';
import { closing } from './room/causality.js';
import { decodingSnapshot } from './snapshot-codec.js';
import { decodingUpdate } from './update/decode-update.js';
import { trimmingUpdate } from './update/trim-update.js';
import { type Damage, StoredDataCorrupt, type StoredDocument, type StoredRow } from './update-log.js';

/** Rows of one piece of long work: each takes some microseconds. */
const PIECE = 64;

export interface OpenedDocument {
  readonly state: DocumentState;
  /** All that it lacks: what the log named, rows that are no updates, and sound ones that build on what is missing. */
  readonly damage: readonly Damage[];
  /** Nothing could be read of a document that was not empty: nobody may take it for an empty one (D2). */
  readonly isHollow: boolean;
  /** As `StoredDocument.isBaseLost`. */
  readonly isBaseLost: boolean;
}

/**
 * The committed state out of what the log holds. A row that cannot be used counts as empty, and so does one that builds on
 * it: what is left has no gap, and is the same wherever it is read. Throws StoredDataCorrupt for a snapshot that is none.
 */
export function* openingStored(stored: StoredDocument): Work<OpenedDocument> {
  const { kind, snapshot, after, rows } = stored;
  const base = snapshot && (yield* decodingSnapshot(snapshot));
  const state = base ? DocumentState.from(kind, base) : DocumentState.empty(kind, after);
  const damage: Damage[] = [...stored.damage];
  for (const [index, row] of rows.entries()) {
    const reason = yield* appending(state, row);
    if (reason) damage.push({ part: 'row', seq: row.seq, reason });
    if (index % PIECE === PIECE - 1) yield;
  }
  // What the first joiner would have to wait for.
  yield* state.deletes.encoding();
  const isWithoutRows = damage.some(({ part }) => part === 'row') && state.byteLength === 0;
  const { isBaseLost } = stored;
  return { state, damage, isHollow: isBaseLost || isWithoutRows, isBaseLost };
}

/** The committed state as the log holds it, whole: throws StoredDataCorrupt for anything less. */
export function stateOf(stored: Pick<StoredDocument, 'kind' | 'snapshot' | 'rows'>): DocumentState {
  const after = stored.snapshot?.seq ?? (stored.rows[0]?.seq ?? 1) - 1;
  const nothing = { projectId: '', epoch: 1, accessVersion: 1, damage: [], isDamaged: false, isBaseLost: false };
  const { state, damage } = runNow(openingStored({ ...nothing, ...stored, after }));
  if (damage[0]) throw new StoredDataCorrupt(`row ${damage[0].seq} is ${damage[0].reason}`);
  return state;
}

function* appending(state: DocumentState, { bytes }: StoredRow): Work<Damage['reason'] | undefined> {
  const update = yield* decodingUpdate(bytes, state.kind);
  const fresh = typeof update === 'string' ? undefined : yield* trimmingUpdate(update, state, state.kind);
  if (fresh && (yield* closing(fresh, state))) {
    state.append(fresh);
    return undefined;
  }
  state.appendNothing();
  if (typeof update === 'string') return 'malformed';
  return fresh && 'orphaned';
}
