import type { SeededRandom } from '@tandem/protocol/testing';
import { StoredDataCorrupt, StoreUnavailable } from '../../core/document/update-log.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { Process } from './virtual-loop.js';

/** What plans may disturb. */
export const OPERATIONS = ['append', 'load', 'rows', 'heads', 'bind', 'snapshot', 'roles', 'beat'] as const;
export type Operation = (typeof OPERATIONS)[number] | 'quarantine';

/**
 * What may become of one statement: `lost`: it never arrives; `unknown`: it is carried out and nobody hears of it; `late`:
 * it is given up, and carried out after that; `slow`: it takes seconds; `corrupt`: what is read does not match its
 * checksum.
 */
export type StatementFault = 'lost' | 'unknown' | 'late' | 'slow' | 'corrupt';

/** `refused`: nobody listens; `silent`: nothing comes back; `full`: what is there can be read. */
export type LinkState = 'up' | 'refused' | 'silent' | 'full';

/** As long as the drivers wait for an answer. */
const ANSWER_MS = 5_000;
const READS_CHECKSUMS = new Set<Operation>(['load', 'rows']);
const WRITES = new Set<Operation>(['append', 'bind', 'snapshot']);

/** What the database itself said no to. */
class Refused {
  constructor(readonly error: unknown) {}
}

/** The way of one node to its database. A statement is carried out in one moment of the database's time. */
export class DatabaseLink {
  state: LinkState = 'up';
  /** When it last was not as it should be. */
  impairedAt = Number.NEGATIVE_INFINITY;
  private readonly script: { on: Operation; is: StatementFault; times: number }[] = [];

  constructor(
    readonly database: SimulatedDatabase,
    private readonly node: Process,
    private readonly random: SeededRandom,
    private readonly note: (event: string) => void,
  ) {}

  /** The next `times` statements of a kind. */
  fail(on: Operation, is: StatementFault, times: number): void {
    this.script.push({ on, is, times });
  }

  heal(): void {
    this.state = 'up';
    this.script.length = 0;
  }

  call<T>(on: Operation, execute: () => T | Promise<T>): Promise<T> {
    const { loop } = this.database;
    return new Promise((resolve, reject) => {
      const answer = (ms: number, settle: () => void) => loop.post(this.node, ms, settle);
      const giveUp = (ms: number, why: string) => {
        this.impairedAt = loop.now;
        this.note(`database ${why} on ${on}`);
        answer(ms, () => {
          this.impairedAt = loop.now;
          reject(new StoreUnavailable(why));
        });
      };
      const fault = this.faultOf(on);
      if (this.state === 'refused') return giveUp(1, 'refused');
      if (this.state === 'silent') return giveUp(ANSWER_MS, 'silent');
      if (this.state === 'full' && WRITES.has(on)) return giveUp(2, 'full');
      if (fault === 'lost') return giveUp(this.between(1, 400), fault);
      if (fault === 'corrupt' && READS_CHECKSUMS.has(on)) {
        this.note(`database corrupt on ${on}`);
        return answer(2, () => reject(new StoredDataCorrupt('made so by the simulation')));
      }
      if (fault === 'late') {
        giveUp(this.between(1, 400), fault);
        loop.post(this.database.process, this.between(400, 1500), () => {
          Promise.resolve(execute()).catch(() => {});
        });
        return;
      }
      if (fault === 'slow') {
        this.impairedAt = loop.now;
        this.note(`database slow on ${on}`);
      }
      const there = fault === 'slow' ? this.between(500, 4_000) : this.between(0.2, on === 'append' ? 4 : 1);
      loop.post(this.database.process, there, () => {
        void (async () => {
          if (fault === 'slow') this.impairedAt = loop.now;
          const outcome = await Promise.resolve(execute()).catch((error: unknown) => new Refused(error));
          if (fault === 'unknown' || this.state === 'refused') giveUp(this.between(1, 400), 'unknown');
          else if (this.state === 'silent') giveUp(ANSWER_MS, 'unknown');
          else if (outcome instanceof Refused) answer(this.between(0.1, 0.6), () => reject(outcome.error));
          else answer(this.between(0.1, 0.6), () => resolve(outcome));
        })();
      });
    });
  }

  private faultOf(on: Operation): StatementFault | undefined {
    const entry = this.script.find((one) => one.on === on && one.times > 0);
    if (entry) entry.times--;
    return entry?.is;
  }

  private between(from: number, to: number): number {
    return from + this.random.next() * (to - from);
  }
}
