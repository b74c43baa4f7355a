import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { ForeignIdentity } from '../../../core/access/oidc-providers.js';
import { UserEntity } from './user.entity.js';

/** A browser that is away at an identity provider, and then, for a moment, what it brought back. */
@Entity('oidc_flows')
export class OidcFlowEntity {
  /** SHA-256 of the `state` parameter. */
  @PrimaryColumn('bytea', { name: 'state_hash', primaryKeyConstraintName: 'oidc_flows_pkey' })
  stateHash!: Buffer;

  @Column('text')
  provider!: string;

  /** SHA-256 of the secret that the page keeps. */
  @Column('bytea', { name: 'browser_hash' })
  browserHash!: Buffer;

  /** Who links the identity to the account; null: somebody signs in. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'oidc_flows_user_id_fkey' })
  user?: UserEntity;

  @Column('text', { nullable: true })
  next!: string | null;

  /** SHA-256 of the code that hands the identity over to the page; null until the provider has answered. */
  @Index('oidc_flows_code_hash_key', { unique: true })
  @Column('bytea', { name: 'code_hash', nullable: true })
  codeHash!: Buffer | null;

  @Column('jsonb', { nullable: true })
  identity!: ForeignIdentity | null;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
