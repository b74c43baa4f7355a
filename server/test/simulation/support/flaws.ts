import type {
  AppendBatch,
  AppendResult,
  DocumentHead,
  StoredRow,
  StoredSnapshot,
} from '../../../src/core/document/update-log.js';
import { SimulatedCarrier } from '../../../src/testing/simulation/simulated-bus.js';
import { SimulatedDatabase } from '../../../src/testing/simulation/simulated-database.js';
import { SimulatedLog } from '../../../src/testing/simulation/simulated-log.js';
import { ProfileOutbox } from './profile-outbox.js';
import type { Flaws } from './world.js';

/** Answers before it has written, and writes a little later: what a server does that saves every so often. */
class EarlyLog extends SimulatedLog {
  private readonly promised = new Map<string, number>();

  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    setTimeout(() => void super.append(batches, lane).catch(() => {}), 30);
    return this.link.call('append', () =>
      batches.map(({ documentId, rows }): AppendResult => {
        const document = this.link.database.document(documentId);
        if (!document) return { type: 'deleted' };
        const fromSeq = Math.max(this.promised.get(documentId) ?? 0, document.rows.length) + 1;
        this.promised.set(documentId, fromSeq + rows.length - 1);
        return { type: 'stored', fromSeq };
      }),
    );
  }
}

/** Reads nothing that others have written since a load, but what lies before rows of its own node: nobody looks for it. */
class BlindLog extends SimulatedLog {
  private readonly written = new Map<string, number>();

  override async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const results = await super.append(batches, lane);
    for (const [index, { documentId, rows }] of batches.entries()) {
      const result = results[index]!;
      if (result.type === 'stored') this.written.set(documentId, result.fromSeq + rows.length - 1);
    }
    return results;
  }

  override async rowsAfter(documentId: string, after: number): Promise<StoredRow[]> {
    const upTo = this.written.get(documentId) ?? 0;
    return (await super.rowsAfter(documentId, after)).filter(({ seq }) => seq <= upTo);
  }

  override async heads(documentIds: readonly string[]): Promise<ReadonlyMap<string, DocumentHead>> {
    const heads = await super.heads(documentIds);
    return new Map([...heads].map(([id, head]) => [id, { ...head, accessVersion: 0 }]));
  }
}

class DroppingCarrier extends SimulatedCarrier {
  override carry(): void {}
}

/** Writes the rows of a batch in another order than it was given. */
class ReorderingDatabase extends SimulatedDatabase {
  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    return super.append(
      batches.map((batch) => ({ ...batch, rows: [...batch.rows].reverse() })),
      lane,
    );
  }
}

/** Takes one row more out of the log than the snapshot holds. */
class DroppingLog extends SimulatedLog {
  override saveSnapshot(documentId: string, snapshot: StoredSnapshot, previousSeq: number, epoch: number) {
    const head = this.link.database.document(documentId)?.rows.length ?? 0;
    const seq = Math.min(snapshot.seq + 1, head);
    return super.saveSnapshot(documentId, { ...snapshot, seq }, previousSeq, epoch);
  }
}

/** Takes every row out of the log that is there when the snapshot comes: it was made "just now". */
class TimestampDatabase extends SimulatedDatabase {
  constructor(...options: ConstructorParameters<typeof SimulatedDatabase>) {
    super(...options);
    const save = this.log.saveSnapshot.bind(this.log);
    this.log.saveSnapshot = (documentId, snapshot, previousSeq, epoch) => {
      const seq = this.document(documentId)?.rows.length ?? snapshot.seq;
      return save(documentId, { ...snapshot, seq }, previousSeq, epoch);
    };
  }
}

/** Writes whatever the rights have become since they were read. */
class UnfencedDatabase extends SimulatedDatabase {
  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const unfenced = batches.map((batch) => {
      const accessVersion = this.document(batch.documentId)?.accessVersion ?? batch.accessVersion;
      return { ...batch, accessVersion };
    });
    return super.append(unfenced, lane);
  }
}

/** Writes into any life of a document what was meant for an earlier one. */
class TimelessDatabase extends SimulatedDatabase {
  override append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const timeless = batches.map((batch) => ({
      ...batch,
      epoch: this.document(batch.documentId)?.epoch ?? batch.epoch,
    }));
    return super.append(timeless, lane);
  }
}

/** Lives as long as its tab. */
class ForgetfulOutbox extends ProfileOutbox {
  protected override isLeft(): boolean {
    return false;
  }
}

/** Broken on purpose: what is wrong, the double that does it, and what it is found by. */
export const FLAWS: readonly (readonly [what: string, flaws: Flaws, kinds: readonly string[]])[] = [
  [
    'an acknowledgement before the commit',
    { log: (link) => new EarlyLog(link) },
    ['D1 acknowledged before the commit', 'DOC-11 shown before the commit', 'D1 a promise is broken'],
  ],
  [
    'a bus that drops everything, with the poll of heads off',
    { log: (link) => new BlindLog(link), carrier: DroppingCarrier },
    ['it does not come to rest', 'D8 told to who may not read'],
  ],
  [
    'a log that reorders',
    { database: ReorderingDatabase },
    [
      'D1 a promise is broken',
      'D2 the log cannot be loaded',
      'it does not come to rest',
      'replicas differ',
      'the server failed',
    ],
  ],
  [
    'a compactor that drops a row',
    { log: (link) => new DroppingLog(link) },
    ['D1 a promise is broken', 'D2 the log cannot be loaded', 'replicas differ', 'it does not come to rest'],
  ],
  [
    'a compactor that deletes by timestamp',
    { database: TimestampDatabase },
    ['D1 a promise is broken', 'D2 the log cannot be loaded', 'replicas differ', 'it does not come to rest'],
  ],
  ['no fence at a removal', { database: UnfencedDatabase }, ['D8 stored after the right was gone']],
  [
    'no fence at a reset',
    { database: TimelessDatabase },
    ['D2 the log cannot be loaded', 'replicas differ', 'it does not come to rest', 'what was typed went away unseen'],
  ],
  ['an outbox that is gone with its tab', { outbox: ForgetfulOutbox }, ['what was typed went away unseen']],
];
