import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { Change } from '../../../core/access/changes.js';

/** What the nodes tell their sockets of, kept for minutes (decision 012). */
@Entity('changes')
@Index('changes_transaction_idx', ['transaction'])
export class ChangeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'changes_pkey',
  })
  id!: string;

  /** An xid8, which TypeORM has no name for. */
  @Column('bigint')
  transaction!: string;

  @Column('jsonb')
  change!: Change;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
