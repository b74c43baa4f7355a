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
