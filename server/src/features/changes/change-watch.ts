import type { Logger } from 'pino';
import type { BusChanges } from '../../core/access/bus-changes.js';
import type { ChangeLog } from '../../core/access/change-log.js';
import type { LogPosition } from '../../core/access/log-position.js';

/** Bounds how late a node hears of a change when nobody rings, in milliseconds. */
const EVERY_MS = 1000;
/** A minute of looks that all succeeded: when the database comes back, every node has looked before one of them forgets. */
const LOOKS_BEFORE_PRUNING = 60;
const PRUNE_ALONE_MS = 10 * 60_000;

export interface ChangeWatchOptions {
  /** There are no other nodes to hear of: nothing is looked for, and what is written down is only forgotten. */
  readonly isAlone: boolean;
  /** Something may have been missed for good: nothing that is open on this node can be vouched for. */
  readonly onLost: () => void;
}

/** Looks every second for changes that no bus has told of (D8), and has the old ones forgotten. */
export class ChangeWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private seen: LogPosition | undefined;
  private isOpen = false;
  private isOver = false;
  private succeeded = 0;
  private isAway = false;

  constructor(
    private readonly log: ChangeLog,
    private readonly changes: Pick<BusChanges, 'take'>,
    private readonly options: ChangeWatchOptions,
    private readonly logger: Logger,
  ) {}

  /** Resolves when this node knows from where on it listens; editors may come then. */
  async start(): Promise<void> {
    const { isAlone } = this.options;
    if (!isAlone) await this.look();
    this.isOpen = true;
    const work = isAlone ? () => this.prune() : () => this.look();
    this.timer = setInterval(() => void work(), isAlone ? PRUNE_ALONE_MS : EVERY_MS);
    this.timer.unref();
  }

  /** At once: a look that is under way at a database that does not answer would hold up the end of the process. */
  stop(): void {
    this.isOver = true;
    clearInterval(this.timer);
  }

  /** One look at a time: while the database does not answer, nobody asks again. Never rejects. */
  look(): Promise<void> {
    this.looking ??= this.lookNow()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.looking = undefined;
      });
    return this.looking;
  }

  private async lookNow(): Promise<void> {
    const isLate = this.seen === undefined && this.isOpen;
    const news = await this.log.news(this.seen);
    if (this.isOver) return;
    this.seen = news.seen;
    this.isAway = false;
    if (!this.changes.take(news) || isLate) {
      this.logger.warn('changes were missed for good: the editors of this node are asked to connect anew');
      this.options.onLost();
    }
    if (++this.succeeded % LOOKS_BEFORE_PRUNING === 0) await this.prune();
  }

  private failed(error: unknown): void {
    this.succeeded = 0;
    if (!this.isAway && !this.isOver) this.logger.warn({ err: error }, 'the log of changes could not be read');
    this.isAway = true;
  }

  private async prune(): Promise<void> {
    await this.log
      .prune()
      .catch((error: unknown) => this.logger.debug({ err: error }, 'old changes could not be forgotten'));
  }
}
