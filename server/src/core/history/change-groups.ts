import type { HistoryChange } from '@tandem/protocol/http';
import type { Mark } from './marks.js';

/** A row of the log without its bytes. */
export interface ChangeRow {
  readonly seq: number;
  readonly userId: string;
  readonly displayName: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly bytes: number;
  readonly mark: Mark | undefined;
  readonly hasSuggestion: boolean;
}

/** A longer pause between two rows of one author ends a group. */
const PAUSE_MS = 30_000;
/** Whose row comes this soon after another's writes together with him. */
const TOGETHER_MS = 5_000;
/**
 * Groups end at the slots of the clock too, so that hours without a pause have moments in between. Not after so and so long:
 * then every group of an afternoon would shift with each new row.
 */
const SLOT_MS = 10 * 60_000;

/** Rows, newest first and without a hole, as at most `limit` groups, newest first. */
export function groupChanges(rows: Iterable<ChangeRow>, limit: number): HistoryChange[] {
  const groups: Group[] = [];
  let group: Group | undefined;
  for (const row of rows) {
    if (group?.takes(row)) group.add(row);
    else {
      if (groups.length === limit) break;
      group = new Group(row);
      groups.push(group);
    }
  }
  return groups.map((one) => one.toChange());
}

class Group {
  private readonly authors = new Map<string, string>();
  private readonly newest: ChangeRow;
  private oldest: ChangeRow;
  private bytes = 0;
  private from = Number.POSITIVE_INFINITY;
  private to = 0;
  private hasSuggestions = false;

  constructor(row: ChangeRow) {
    this.newest = row;
    this.oldest = row;
    this.add(row);
  }

  /** Whether the row before its oldest one belongs to it: asked of these two alone, so that no newer row changes the answer. */
  takes(row: ChangeRow): boolean {
    if (row.mark || this.newest.mark) return false;
    if (slotOf(row.at) !== slotOf(this.newest.at)) return false;
    // Two nodes that waited for one lock may have stored rows in the other order.
    const pause = Math.abs(this.oldest.at - row.at);
    return pause <= (row.userId === this.oldest.userId ? PAUSE_MS : TOGETHER_MS);
  }

  add(row: ChangeRow): void {
    this.oldest = row;
    // Anew, so that they stand in the order of their first rows, the last one first.
    this.authors.delete(row.userId);
    this.authors.set(row.userId, row.displayName);
    this.bytes += row.bytes;
    this.from = Math.min(this.from, row.at);
    this.to = Math.max(this.to, row.at);
    this.hasSuggestions ||= row.hasSuggestion;
  }

  toChange(): HistoryChange {
    const { newest, oldest, authors, from, to, bytes, hasSuggestions } = this;
    return {
      ...kindOf(newest.mark),
      fromSeq: oldest.seq,
      seq: newest.seq,
      from,
      to,
      authors: [...authors].reverse().map(([userId, displayName]) => ({ userId, displayName })),
      updates: newest.seq - oldest.seq + 1,
      bytes,
      hasSuggestions,
    };
  }
}

function kindOf(mark: Mark | undefined): Pick<HistoryChange, 'kind' | 'of'> {
  if (!mark) return { kind: 'edit' };
  return 'restore' in mark ? { kind: 'restore', of: mark.restore } : { kind: 'reset', of: mark.reset };
}

function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS);
}
