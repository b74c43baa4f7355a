import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import type { TokenPurpose } from '../../../core/access/one-time-tokens.js';
import { UserEntity } from './user.entity.js';

/** What a link in a mail is good for, once. */
@Entity('one_time_tokens')
@Index('one_time_tokens_user_id_idx', ['userId'])
@Index('one_time_tokens_email_idx', ['email'])
export class OneTimeTokenEntity {
  /** SHA-256 of the token in the URL fragment. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'one_time_tokens_pkey' })
  tokenHash!: Buffer;

  @Column('text')
  purpose!: TokenPurpose;

  /** Null for a registration, which makes the account when its link is opened. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'one_time_tokens_user_id_fkey' })
  user?: UserEntity;

  /** Whom it was mailed to. */
  @Column('text')
  email!: string;

  /** Of a registration. */
  @Column('text', { name: 'display_name', nullable: true })
  displayName!: string | null;

  /** Of a registration: argon2id in PHC form. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
