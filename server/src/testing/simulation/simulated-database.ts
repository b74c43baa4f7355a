import type { Role } from '@tandem/protocol';
import { MemoryQuarantine } from '../../adapters/memory/memory-quarantine.js';
import { isSound, type MemoryDocument, MemoryUpdateLog } from '../../adapters/memory/memory-update-log.js';
import { encodeText } from '../../adapters/worker/document-worker.js';
import { can } from '../../core/access/permissions.js';
import type { AppendBatch, AppendResult } from '../../core/document/update-log.js';
import { snapshotOf } from './simulated-compactor.js';
import { Process, type VirtualLoop } from './virtual-loop.js';

type Backup = ReturnType<typeof copyOf>;

const LEASE_MS = 5_000;

/** What stands in the database of the simulated world: the log, who is a member, which nodes hold a lease. */
export class SimulatedDatabase {
  readonly process = new Process('database');
  readonly log = new MemoryUpdateLog();
  readonly quarantine = new MemoryQuarantine(this.log);
  /** Of the one project. */
  readonly roles = new Map<string, Role>();
  private transactions = 0;
  private readonly leases = new Map<string, number>();

  constructor(
    readonly loop: VirtualLoop,
    readonly projectId: string,
    /** A row was stored that its author had no right to write at that moment (D8). */
    private readonly wrongCommit: (userId: string, documentId: string) => void,
  ) {}

  create(documentId: string): void {
    this.log.create(documentId, this.projectId);
  }

  document(documentId: string): MemoryDocument | undefined {
    return this.log.documents.get(documentId);
  }

  /** As `UpdateLog.append`; the rights of the authors are looked at in the moment of the commit. */
  async append(batches: readonly AppendBatch[], lane: number): Promise<AppendResult[]> {
    const results = await this.log.append(batches, lane);
    for (const [index, { documentId, rows }] of batches.entries()) {
      if (results[index]!.type !== 'stored') continue;
      for (const { userId } of rows) if (!this.mayWrite(userId)) this.wrongCommit(userId, documentId);
    }
    return results;
  }

  /** In one transaction with the fence, as decision 002 has it. Undefined: no member any more. */
  setRole(userId: string, role: Role | undefined): void {
    if (role) this.roles.set(userId, role);
    else this.roles.delete(userId);
    for (const document of this.log.documents.values()) document.accessVersion++;
  }

  delete(documentId: string): void {
    this.log.documents.delete(documentId);
  }

  /** The document begins anew with `text`, under another epoch (V5, decision 009). */
  reset(documentId: string, userId: string, text: string): void {
    const { update } = encodeText({ text });
    this.log.reset(documentId, userId, { update, snapshot: snapshotOf(update, 0) });
  }

  /** A row has other bytes than were written, from the `at`th part of what a load reads. False when there is none. */
  damage(documentId: string, at: number): boolean {
    const document = this.document(documentId);
    const after = document?.snapshot?.seq ?? 0;
    if (!document || document.rows.length === after) return false;
    const index = after + Math.floor(at * (document.rows.length - after));
    const row = document.rows[index]!;
    document.rows[index] = {
      ...row,
      bytes: row.bytes.map((byte, i) => (i === row.bytes.length - 1 ? byte ^ 1 : byte)),
    };
    return true;
  }

  /** Whether what a load reads holds a row that went bad, or the document is flagged for one. */
  isUnsound(documentId: string): boolean {
    const document = this.document(documentId);
    if (!document) return false;
    return document.isDamaged || !document.rows.slice(document.snapshot?.seq ?? 0).every(isSound);
  }

  nextTransaction(): number {
    return ++this.transactions;
  }

  backup(): ReadonlyMap<string, Backup> {
    return new Map([...this.log.documents].map(([id, document]) => [id, copyOf(document)]));
  }

  /** Puts an older state back, as an operator does: the epochs move (V5). */
  restore(backup: ReadonlyMap<string, Backup>): void {
    for (const [id, { rows, snapshot, floor, owners }] of backup) {
      const document = this.document(id);
      if (!document) continue;
      document.epoch++;
      document.rows.splice(0, document.rows.length, ...rows);
      document.snapshot = snapshot;
      document.floor = floor;
      document.owners.clear();
      for (const [clientId, owner] of owners) document.owners.set(clientId, owner);
    }
  }

  renewLease(node: string): ReadonlySet<string> {
    const { now } = this.loop;
    this.leases.set(node, now + LEASE_MS);
    return new Set([...this.leases].filter(([, until]) => until > now).map(([id]) => id));
  }

  endLease(node: string): void {
    this.leases.delete(node);
  }

  private mayWrite(userId: string): boolean {
    const role = this.roles.get(userId);
    return role !== undefined && can(role, 'document.write');
  }
}

function copyOf({ rows, snapshot, floor, owners }: MemoryDocument) {
  return { rows: [...rows], snapshot, floor, owners: new Map(owners) };
}
