const SNAPSHOT = /^(\d+):(\d+):([\d,]*)$/;

export interface LogPositionParts {
  /** PostgreSQL's, of the statement that looked: `xmin:xmax:xip,...`. */
  readonly snapshot: string;
  /** The greatest id that it saw; 0 when there was none. */
  readonly newest: number;
  /** By the clock of the database, in milliseconds. */
  readonly at: number;
}

/**
 * How far a look at the log of changes has seen. Neither times nor ids tell that: a transaction that began early may commit
 * late. All transactions below `xmin` had ended when it looked, those from `xmax` on had not begun, and of those between,
 * `xip` were under way.
 */
export class LogPosition implements LogPositionParts {
  readonly snapshot: string;
  readonly newest: number;
  readonly at: number;
  private readonly first: number;
  private readonly end: number;
  private readonly underWay: ReadonlySet<number>;

  constructor({ snapshot, newest, at }: LogPositionParts) {
    const [, first, end, underWay] = SNAPSHOT.exec(snapshot) ?? [];
    if (first === undefined || end === undefined) throw new Error('Not a snapshot of transactions');
    this.snapshot = snapshot;
    this.newest = newest;
    this.at = at;
    this.first = Number(first);
    this.end = Number(end);
    this.underWay = new Set(underWay ? underWay.split(',').map(Number) : []);
  }

  /** What the transaction committed was to be seen, if it committed anything. */
  covers(transaction: number): boolean {
    if (transaction < this.first) return true;
    return transaction < this.end && !this.underWay.has(transaction);
  }
}
