import { ChangeLog, type News } from '../../core/access/change-log.js';
import type { Change, WrittenChange } from '../../core/access/changes.js';
import { LogPosition } from '../../core/access/log-position.js';

/** As PostgreSQL's: looks see what was committed, whenever it was begun. */
export class MemoryChangeLog extends ChangeLog {
  private rows: WrittenChange[] = [];
  private readonly underWay = new Set<number>();
  private lastId = 0;
  private nextTransaction = 1;
  private prunedUpTo = 0;

  /** A transaction that makes a change. */
  begin(change: Change): { readonly written: WrittenChange; commit(): WrittenChange } {
    const written = { id: ++this.lastId, transaction: this.nextTransaction++, change };
    this.underWay.add(written.transaction);
    const commit = () => {
      this.underWay.delete(written.transaction);
      this.rows = [...this.rows, written].sort((a, b) => a.id - b.id);
      return written;
    };
    return { written, commit };
  }

  override async news(since: LogPosition | undefined): Promise<News> {
    const isNew = ({ id, transaction }: WrittenChange) => since && (id > since.newest || !since.covers(transaction));
    const isKept = !since || since.newest >= this.prunedUpTo;
    return { seen: this.position(), changes: this.rows.filter(isNew), isWhole: isKept };
  }

  /** Time does not pass here: all but the newest goes. */
  override async prune(): Promise<void> {
    this.rows = this.rows.slice(-1);
    this.prunedUpTo = (this.rows[0]?.id ?? 1) - 1;
  }

  private position(): LogPosition {
    const underWay = [...this.underWay].sort((a, b) => a - b);
    const end = this.nextTransaction;
    const snapshot = `${underWay[0] ?? end}:${end}:${underWay.join()}`;
    return new LogPosition({ snapshot, newest: this.rows.at(-1)?.id ?? 0, at: 0 });
  }
}
