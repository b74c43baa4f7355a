import type { Running } from '../contestants.ts';
import type { Ledger } from '../ledger.ts';
import { processorTime } from '../processor-time.ts';

interface Moment {
  readonly at: number;
  readonly server: number;
  readonly database: number;
  readonly driver: number;
  readonly sent: number;
  readonly delivered: number;
}

/** What was done and used between two moments: seconds, and seconds of processor time. */
export interface Usage {
  readonly wall: number;
  readonly server: number;
  readonly database: number;
  readonly driver: number;
  readonly sent: number;
  readonly delivered: number;
}

export function startUsage(running: Running, ledger: Ledger): () => Usage {
  const look = (): Moment => {
    const driver = process.cpuUsage();
    return {
      at: performance.now(),
      server: processorTime(running.pid),
      database: running.database ? processorTime(running.database.pid) : 0,
      driver: (driver.user + driver.system) / 1e6,
      sent: ledger.sent,
      delivered: ledger.delivered,
    };
  };
  const before = look();
  return () => {
    const after = look();
    return {
      wall: (after.at - before.at) / 1000,
      server: after.server - before.server,
      database: after.database - before.database,
      driver: after.driver - before.driver,
      sent: after.sent - before.sent,
      delivered: after.delivered - before.delivered,
    };
  };
}
