import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Guesses at an account, from one address or from anywhere. The table is UNLOGGED, which TypeORM cannot say. */
@Entity('sign_in_attempts')
export class SignInAttemptEntity {
  /** SHA-256 of kind, account and address, or of kind and account. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'sign_in_attempts_pkey' })
  key!: Buffer;

  @Column('integer')
  count!: number;

  /** Of the last one from the address; of the first one that is counted for the account. */
  @Column('timestamptz')
  at!: Date;
}
