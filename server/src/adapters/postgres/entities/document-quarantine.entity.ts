import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { DamageReason, RowProvenance } from '../../../core/document/update-log.js';
import { bigintAsNumber } from '../bigint.js';
import { DocumentEntity } from './document.entity.js';

/** What could not be used of a document, as it was found (decision 010). Kept when it is healed: what happened stays known. */
@Entity('document_quarantine')
@Index('document_quarantine_open_key', ['documentId', 'part', 'seq'], { unique: true, where: 'healed_at IS NULL' })
// With what is healed, which goes with its document.
@Index('document_quarantine_document_id_idx', ['documentId'])
export class DocumentQuarantineEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'document_quarantine_pkey',
  })
  id!: string;

  @Column('uuid', { name: 'document_id' })
  documentId!: string;

  @ManyToOne(() => DocumentEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'document_id', foreignKeyConstraintName: 'document_quarantine_document_id_fkey' })
  document?: DocumentEntity;

  @Column('text')
  part!: 'row' | 'snapshot';

  @Column('bigint', { transformer: bigintAsNumber })
  seq!: number;

  @Column('text')
  reason!: DamageReason;

  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Of a snapshot its columns one after another; null where nothing could be read. */
  @Column('bytea', { nullable: true })
  bytes!: Buffer | null;

  /** As it stood beside the bytes. */
  @Column('bigint', { nullable: true, transformer: bigintAsNumber })
  checksum!: number | null;

  @Column('jsonb', { nullable: true })
  provenance!: RowProvenance | null;

  @Column('timestamptz', { name: 'written_at', nullable: true })
  writtenAt!: Date | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'healed_at', nullable: true })
  healedAt!: Date | null;
}
