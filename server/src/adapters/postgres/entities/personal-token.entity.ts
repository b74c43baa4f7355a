import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { UserEntity } from './user.entity.js';

/** A token that a person made for a program; deleted when it is revoked. */
@Entity('personal_tokens')
@Index('personal_tokens_user_id_idx', ['userId'])
export class PersonalTokenEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'personal_tokens_pkey' })
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'personal_tokens_user_id_fkey' })
  user?: UserEntity;

  /** SHA-256 of the token; the token itself is never stored. */
  @Index('personal_tokens_token_hash_key', { unique: true })
  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  scopes!: string[];

  /** Its first characters, which people tell it by. */
  @Column('text')
  hint!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** To the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
