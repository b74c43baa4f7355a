import { type DocumentKind, TandemError } from '@tandem/protocol';
import type { EntityManager } from 'typeorm';
import { StoredDataCorrupt } from '../../../core/document/update-log.js';
import type { PastDocument, ReplayBounds } from '../../../core/history/past-documents.js';
import { isUnreadable } from '../update-log/log-errors.js';
import type { Query } from '../update-log/stored-rows.js';
import {
  measureRows,
  type RowRange,
  readRange,
  readRowsBetween,
  readSnapshot,
  SNAPSHOT,
  SNAPSHOT_AT,
} from './snapshot-rows.js';

/** Those between rows $2 and $3, the nearest first. */
const SNAPSHOTS = `
SELECT id, seq FROM document_snapshots WHERE document_id = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq DESC, created_at DESC`;

/** The row that the epoch of row $2 began with. */
const EPOCH_START = `
SELECT max(seq) AS seq FROM document_updates
WHERE document_id = $1 AND seq <= $2 AND provenance IS NOT NULL AND provenance ? 'reset'`;

const EPOCH_NOW = 'SELECT kind, epoch_seq FROM documents WHERE id = $1';

/** Where the history of a document begins, and its present epoch. */
export interface DocumentPlace {
  readonly kind: DocumentKind;
  readonly epochSeq: number;
  readonly historySeq: number;
}

/**
 * What stood at `seq`, in the transaction of `manager`. Rejects with TandemError `too_large`, before anything large is read,
 * and with StoredDataCorrupt.
 */
export async function pastDocument(
  manager: EntityManager,
  documentId: string,
  { kind, historySeq, epochSeq: epochNow }: DocumentPlace,
  seq: number,
  bounds: ReplayBounds,
): Promise<PastDocument> {
  const query: Query = (sql, values) => manager.query(sql, [...values]);
  const epochSeq = await epochStart(query, documentId, seq, epochNow);
  const measured = (after: number) => measure(query, documentId, after, seq, bounds);
  for (const { id, seq: after } of await snapshots(manager, documentId, Math.max(epochSeq, historySeq), seq)) {
    const range = await measured(Number(after));
    const snapshot = await attempt(manager, () => readSnapshot(query, SNAPSHOT, [id]));
    if (snapshot) return { kind, seq, snapshot: snapshot.snapshot, rows: await readRange(query, range) };
  }
  if (historySeq > 0 && epochSeq <= historySeq) throw new StoredDataCorrupt(`no sound snapshot from ${historySeq} on`);
  const range = await measured(beforeEpoch(epochSeq));
  return { kind, seq, snapshot: undefined, rows: await readRange(query, range) };
}

async function measure(
  query: Query,
  documentId: string,
  after: number,
  upTo: number,
  bounds: ReplayBounds,
): Promise<RowRange> {
  if (upTo - after > bounds.rows) throw tooLarge(bounds.rows);
  const range = await measureRows(query, documentId, after, upTo);
  if (range.bytes > bounds.bytes) throw tooLarge(bounds.bytes);
  return range;
}

function tooLarge(limit: number): TandemError {
  const message = 'More was written since the snapshot before this moment than is put together at once';
  return new TandemError('too_large', message, { limit });
}

interface Candidate {
  readonly id: string;
  readonly seq: string;
}

/** Where the database cannot read those of a range, it is halved, down to the one that it cannot read. */
async function snapshots(manager: EntityManager, documentId: string, from: number, upTo: number): Promise<Candidate[]> {
  const found = await attempt(manager, () => manager.query<Candidate[]>(SNAPSHOTS, [documentId, from, upTo]));
  if (found) return found;
  if (from === upTo) return [];
  const middle = from + Math.floor((upTo - from) / 2);
  return [
    ...(await snapshots(manager, documentId, middle + 1, upTo)),
    ...(await snapshots(manager, documentId, from, middle)),
  ];
}

/** Undefined for what is damaged. */
async function attempt<T>(manager: EntityManager, read: () => Promise<T>): Promise<T | undefined> {
  // A statement that fails would end the transaction.
  await manager.query('SAVEPOINT attempt');
  try {
    return await read();
  } catch (error) {
    if (!isUnreadable(error) && !(error instanceof StoredDataCorrupt)) throw error;
    await manager.query('ROLLBACK TO SAVEPOINT attempt');
    return undefined;
  }
}

/**
 * What stood at `seq`, made without the snapshots between: from the one at `after`, or from the beginning of an epoch that
 * began since. Throws StoredDataCorrupt.
 */
export async function replayed(query: Query, documentId: string, after: number, seq: number): Promise<PastDocument> {
  const { kind, epochSeq } = await epochOf(query, documentId, seq);
  const isContinued = after > 0 && epochSeq <= after;
  const base = isContinued ? await readSnapshot(query, SNAPSHOT_AT, [documentId, after]) : undefined;
  if (isContinued && !base) throw new StoredDataCorrupt(`no snapshot at ${after}`);
  const rows = await readRowsBetween(query, documentId, base ? after : beforeEpoch(epochSeq), seq);
  return { kind, seq, snapshot: base?.snapshot, rows };
}

/** The row that an epoch begins with holds all of it. */
function beforeEpoch(epochSeq: number): number {
  return Math.max(0, epochSeq - 1);
}

/** The row that the epoch of row `seq` began with; 0 for the first. */
export async function epochOf(
  query: Query,
  documentId: string,
  seq: number,
): Promise<{ kind: DocumentKind; epochSeq: number }> {
  const [now] = await query<{ kind: DocumentKind; epoch_seq: string }>(EPOCH_NOW, [documentId]);
  if (!now) throw new StoredDataCorrupt(`${documentId} is gone`);
  return { kind: now.kind, epochSeq: await epochStart(query, documentId, seq, Number(now.epoch_seq)) };
}

/** `epochNow`: where the present epoch began. */
async function epochStart(query: Query, documentId: string, seq: number, epochNow: number): Promise<number> {
  if (seq >= epochNow) return epochNow;
  const [epoch] = await query<{ seq: string | null }>(EPOCH_START, [documentId, seq]);
  return Number(epoch?.seq ?? 0);
}
