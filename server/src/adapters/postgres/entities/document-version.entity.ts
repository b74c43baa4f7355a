import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';
import { DocumentEntity } from './document.entity.js';
import { DocumentSnapshotEntity } from './document-snapshot.entity.js';

/** A moment of a document that somebody gave a name; its snapshot is kept as long as it. */
@Entity('document_versions')
@Index('document_versions_document_id_idx', ['documentId', 'seq'])
@Index('document_versions_snapshot_id_idx', ['snapshotId'])
export class DocumentVersionEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'document_versions_pkey' })
  id!: string;

  @Column('uuid', { name: 'document_id' })
  documentId!: string;

  @ManyToOne(() => DocumentEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'document_id', foreignKeyConstraintName: 'document_versions_document_id_fkey' })
  document?: DocumentEntity;

  @Column('text')
  name!: string;

  /** The last update that it contains. */
  @Column('bigint', { transformer: bigintAsNumber })
  seq!: number;

  @Column('uuid', { name: 'snapshot_id' })
  snapshotId!: string;

  /** What holds it, may not go before it. */
  @ManyToOne(() => DocumentSnapshotEntity)
  @JoinColumn({ name: 'snapshot_id', foreignKeyConstraintName: 'document_versions_snapshot_id_fkey' })
  snapshot?: DocumentSnapshotEntity;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
