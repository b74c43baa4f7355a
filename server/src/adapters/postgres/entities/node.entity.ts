import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A server that is running, as long as its lease. */
@Entity('nodes')
export class NodeEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'nodes_pkey' })
  id!: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
