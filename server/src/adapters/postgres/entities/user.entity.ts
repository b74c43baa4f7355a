import { Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

@Entity('users')
export class UserEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id!: string;

  /** Lower case; null for a guest, and for who came by an identity provider that told none. */
  @Index('users_email_key', { unique: true })
  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { name: 'display_name' })
  displayName!: string;

  /** argon2id in PHC form; null where only a link or another identity provider signs in. */
  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  /** A guest came by a link, without an account of his own; retention deletes guests, never persons. */
  @Column('text', { default: 'person' })
  kind!: 'person' | 'guest';

  /** When its owner opened a mail to `email`; null: nobody has shown to read it. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
