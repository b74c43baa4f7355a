import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';

/** Encoded state up to `seq`, never overwritten; what an open needs of it lies beside it, so that nothing is parsed. */
@Entity('document_snapshots')
@Index('document_snapshots_document_id_seq_idx', ['documentId', 'seq'])
export class DocumentSnapshotEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'document_snapshots_pkey' })
  id!: string;

  @Column('uuid', { name: 'document_id' })
  documentId!: string;

  @Column('bigint', { transformer: bigintAsNumber })
  seq!: number;

  /** Struct part of a Yjs v1 update: blocks by client, without the delete set. */
  @Column('bytea')
  structs!: Buffer;

  /** Where each client's structs lie in `structs`. */
  @Column('bytea', { name: 'struct_index' })
  structIndex!: Buffer;

  @Column('bytea', { name: 'delete_set' })
  deleteSet!: Buffer;

  /** CRC-32 over structs, index and delete set, in this order. */
  @Column('bigint', { transformer: bigintAsNumber })
  checksum!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
