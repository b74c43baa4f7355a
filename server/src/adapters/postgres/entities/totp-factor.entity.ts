import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';
import { UserEntity } from './user.entity.js';

/** The authenticator app of a user. */
@Entity('totp_factors')
export class TotpFactorEntity {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'totp_factors_pkey' })
  userId!: string;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'totp_factors_user_id_fkey' })
  user?: UserEntity;

  /** Sealed: codes are computed from it, so it cannot be a hash. */
  @Column('bytea')
  secret!: Buffer;

  /** Until then no code is asked for. */
  @Column('timestamptz', { name: 'confirmed_at', nullable: true })
  confirmedAt!: Date | null;

  /** Of the newest code that was used; it and those before it are used up. */
  @Column('bigint', { name: 'last_step', default: 0, transformer: bigintAsNumber })
  lastStep!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
