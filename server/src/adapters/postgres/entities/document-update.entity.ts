import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { RowProvenance } from '../../../core/document/update-log.js';
import { bigintAsNumber } from '../bigint.js';

/**
 * The log. No foreign key: its trigger would run for every row of the append path; rows only ever appear under a lock
 * on their document.
 */
@Entity('document_updates')
@Index('document_updates_provenance_idx', ['documentId'], { where: 'provenance IS NOT NULL' })
export class DocumentUpdateEntity {
  @PrimaryColumn('uuid', { name: 'document_id', primaryKeyConstraintName: 'document_updates_pkey' })
  documentId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'document_updates_pkey', transformer: bigintAsNumber })
  seq!: number;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  /** A Yjs v1 update, disjoint from every other row of the document. */
  @Column('bytea')
  bytes!: Buffer;

  /** CRC-32 of `bytes`. */
  @Column('bigint', { transformer: bigintAsNumber })
  checksum!: number;

  @Column('jsonb', { nullable: true })
  provenance!: RowProvenance | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
