import type { Role } from '@tandem/protocol';
import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { UserEntity } from './user.entity.js';

/** Who a user is to somebody else: to an identity provider, or to the issuer of tokens that are accepted here. */
@Entity('identities')
@Index('identities_issuer_subject_key', ['issuer', 'subject'], { unique: true })
@Index('identities_user_id_idx', ['userId'])
export class IdentityEntity {
  /** Also the session id of tokens of the issuer's own (`TokenClaims.sessionId`). */
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'identities_pkey' })
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'identities_user_id_fkey' })
  user?: UserEntity;

  @Column('text')
  issuer!: string;

  @Column('text')
  subject!: string;

  /** As the issuer told it last; it signs nobody in. */
  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { name: 'display_name', nullable: true })
  displayName!: string | null;

  /** By project id: what the newest token of the issuer granted. */
  @Column('jsonb', { default: {} })
  roles!: Record<string, Role>;

  /** When that token was issued; an older one changes nothing. */
  @Column('timestamptz', { name: 'roles_as_of', nullable: true })
  rolesAsOf!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at', default: () => 'now()' })
  lastUsedAt!: Date;
}
