import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';

/** Domain events, written in the transaction that they tell of and published from here (one row per document and batch). */
@Entity('event_outbox')
// Of an expression, which TypeORM cannot write down: the migration has it.
@Index('event_outbox_member_idx', { synchronize: false })
@Index('event_outbox_unpublished_idx', ['id'], { where: 'published_at IS NULL' })
export class EventOutboxEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'event_outbox_pkey',
  })
  id!: string;

  @Column('text')
  type!: string;

  @Column('uuid', { name: 'document_id', nullable: true })
  documentId!: string | null;

  @Column('bigint', { name: 'from_seq', nullable: true, transformer: bigintAsNumber })
  fromSeq!: number | null;

  @Column('bigint', { nullable: true, transformer: bigintAsNumber })
  seq!: number | null;

  @Column('jsonb', { nullable: true })
  payload!: Record<string, unknown> | null;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'published_at', nullable: true })
  publishedAt!: Date | null;
}
