import { Quarantine, type SetAside } from '../../core/document/quarantine.js';
import type { Damage } from '../../core/document/update-log.js';
import { isSound, type MemoryUpdateLog } from './memory-update-log.js';

interface Record {
  readonly id: number;
  readonly damage: Damage;
  readonly epoch: number;
}

/** Beside a log in memory. */
export class MemoryQuarantine extends Quarantine {
  private readonly records = new Map<string, Record[]>();
  private lastId = 0;

  constructor(private readonly log: MemoryUpdateLog) {
    super();
  }

  override async setAside(documentId: string, damage: readonly Damage[]): Promise<SetAside> {
    const document = this.log.documents.get(documentId);
    const known = this.records.get(documentId) ?? [];
    if (!document) return { rows: [], mark: this.lastId, recorded: 0 };
    const isKnown = ({ part, seq }: Damage) =>
      known.some((record) => record.damage.part === part && record.damage.seq === seq);
    const { epoch } = document;
    const fresh = damage.filter((one) => !isKnown(one)).map((one) => ({ id: ++this.lastId, damage: one, epoch }));
    const all = [...known, ...fresh];
    this.records.set(documentId, all);
    document.isDamaged ||= damage.length > 0;
    const rows = all
      .filter((record) => record.damage.part === 'row' && record.epoch === epoch)
      .map((record) => record.damage.seq)
      .sort((a, b) => a - b)
      .map((seq) => {
        const row = document.rows[seq - 1]!;
        return { seq, userId: row.userId, provenance: row.provenance, bytes: isSound(row) ? row.bytes : undefined };
      });
    return { rows, mark: this.lastId, recorded: fresh.length };
  }

  override async healed(documentId: string, mark: number): Promise<void> {
    const open = (this.records.get(documentId) ?? []).filter(({ id }) => id > mark);
    this.records.set(documentId, open);
    const document = this.log.documents.get(documentId);
    if (document) document.isDamaged &&= open.length > 0;
  }

  override async owners(documentId: string): Promise<ReadonlyMap<number, string>> {
    const owners = [...(this.log.documents.get(documentId)?.owners ?? [])];
    return new Map(owners.map(([clientId, { userId }]) => [clientId, userId]));
  }
}
