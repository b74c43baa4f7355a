import { document } from '@tandem/protocol/http';
import { eventually } from '../../../src/testing/eventually.js';
import type { Person, SyncWorld } from '../../support/sync-world.js';

export interface QuarantinedPart {
  readonly part: 'row' | 'snapshot';
  readonly seq: number;
  readonly reason: string;
  readonly healed: boolean;
  readonly bytes: Buffer | null;
}

/** What an operator sees of damaged documents, and what a disk does to them. */
export class Damage {
  constructor(private readonly world: SyncWorld) {}

  /** One bit of the stored row is another. */
  async flipRow(documentId: string, seq: number, bit = 20): Promise<void> {
    const flip = `UPDATE document_updates SET bytes = set_bit(bytes, $3, 1 - get_bit(bytes, $3)) WHERE document_id = $1 AND seq = $2`;
    await this.one(flip, [documentId, seq, bit]);
  }

  async dropRow(documentId: string, seq: number): Promise<void> {
    await this.one('DELETE FROM document_updates WHERE document_id = $1 AND seq = $2', [documentId, seq]);
  }

  /** Of the snapshot that the document is loaded from. */
  async flipSnapshot(documentId: string, column = 'structs', bit = 60): Promise<void> {
    const flip = `UPDATE document_snapshots SET ${column} = set_bit(${column}, $2, 1 - get_bit(${column}, $2))
      WHERE id = (SELECT snapshot_id FROM documents WHERE id = $1)`;
    await this.one(flip, [documentId, bit]);
  }

  async quarantined(documentId: string): Promise<QuarantinedPart[]> {
    const { rows } = await this.world.sql.query<QuarantinedPart>(
      `SELECT part, seq::int, reason, healed_at IS NOT NULL AS healed, bytes FROM document_quarantine
       WHERE document_id = $1 ORDER BY seq, id`,
      [documentId],
    );
    return rows;
  }

  /** As REST tells it: epoch milliseconds. */
  async damagedSince(person: Person, documentId: string): Promise<number | undefined> {
    return document.parse(await this.world.rest(person, 'GET', `/documents/${documentId}`)).damagedAt;
  }

  isFlagged(person: Person, documentId: string): Promise<void> {
    const isDamaged = async () => (await this.damagedSince(person, documentId)) !== undefined;
    return eventually('the document is flagged', isDamaged);
  }

  /** It was flagged, and is so no more. */
  async isHealed(person: Person, documentId: string): Promise<void> {
    const wasFound = async () => (await this.quarantined(documentId)).length > 0;
    await eventually('the damage was found', wasFound);
    const isWhole = async () => (await this.damagedSince(person, documentId)) === undefined;
    await eventually('the document is whole again', isWhole);
  }

  /** The server forgets the document as a killed process does; `people` lose their connections, and may come back. */
  forget(documentId: string, ...people: Person[]): void {
    const { rooms } = this.world.engine;
    const room = rooms.get(documentId);
    for (const session of [...(room?.sessions ?? [])]) room!.leave(session);
    if (room) rooms.evict(room);
    for (const person of people) this.world.cutConnections(person);
  }

  async metric(name: string): Promise<number> {
    const { text } = await this.world.server.request('GET', '/metrics');
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  /** Whatever reads the row fails as with a damaged page, until the answered function is called. */
  async makeUnreadable(documentId: string, seq: number): Promise<() => Promise<unknown>> {
    await this.world.sql.query(`
      CREATE FUNCTION reads(of_document uuid, of_seq bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        IF of_document = '${documentId}' AND of_seq = ${seq} THEN
          RAISE EXCEPTION 'invalid page in block 0' USING ERRCODE = 'data_corrupted';
        END IF;
        RETURN true;
      END $$;
      CREATE POLICY damaged_page ON document_updates USING (reads(document_id, seq)) WITH CHECK (true);
      ALTER TABLE document_updates ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
    return () =>
      this.world.sql.query(`
        ALTER TABLE document_updates DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
        DROP POLICY damaged_page ON document_updates; DROP FUNCTION reads`);
  }

  private async one(sql: string, parameters: unknown[]): Promise<void> {
    const { rowCount } = await this.world.sql.query(sql, parameters);
    if (rowCount !== 1) throw new Error('nothing was damaged');
  }
}
