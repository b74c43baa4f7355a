import type { DocumentKind } from '@tandem/protocol';
import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';
import { bigintAsNumber } from '../bigint.js';
import { ProjectEntity } from './project.entity.js';

@Entity('documents')
@Index('documents_project_id_path_key', ['projectId', 'pathKey'], { unique: true, where: 'deleted_at IS NULL' })
// With those that were deleted, which go with their project.
@Index('documents_project_id_idx', ['projectId'])
export class DocumentEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'documents_pkey' })
  id!: string;

  @Column('uuid', { name: 'project_id' })
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'documents_project_id_fkey' })
  project?: ProjectEntity;

  @Column('text')
  path!: string;

  /** The path in NFC and lower case: two names that a file system would confuse are one. */
  @Column('text', { name: 'path_key' })
  pathKey!: string;

  @Column('text')
  kind!: DocumentKind;

  /** `seq` of the newest stored update. */
  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  head!: number;

  /** Changes on reset or restore, never on compaction (rule V5). */
  @Column('integer', { default: 1 })
  epoch!: number;

  /** Fence of the append: moves whenever somebody's right to write may have changed (decision 002). */
  @Column('bigint', { name: 'access_version', default: 1, transformer: bigintAsNumber })
  accessVersion!: number;

  /** The loading pointer: the document is this snapshot and the rows after `snapshot_seq`. */
  @Column('uuid', { name: 'snapshot_id', nullable: true })
  snapshotId!: string | null;

  @Column('bigint', { name: 'snapshot_seq', default: 0, transformer: bigintAsNumber })
  snapshotSeq!: number;

  /** Where history begins: the rows up to it are gone, and a snapshot stands at it (decision 009). 0: nothing is gone. */
  @Column('bigint', { name: 'history_seq', default: 0, transformer: bigintAsNumber })
  historySeq!: number;

  /** When the row at `history_seq` was stored. */
  @Column('timestamptz', { name: 'history_at', nullable: true })
  historyAt!: Date | null;

  /** The row that the present epoch began with; 0 in the first. */
  @Column('bigint', { name: 'epoch_seq', default: 0, transformer: bigintAsNumber })
  epochSeq!: number;

  /** Since when something that it consists of is set aside, and not healed (decision 010). */
  @Column('timestamptz', { name: 'damaged_at', nullable: true })
  damagedAt!: Date | null;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** Of the path, not of the text: the append path leaves it alone, so that its row updates stay HOT. */
  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
