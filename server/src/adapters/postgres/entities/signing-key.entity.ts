import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid!: string;

  /** `ES256`; a token under this key is verified with no other. */
  @Column('text')
  algorithm!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: Record<string, unknown>;

  /** PKCS #8 PEM, AES-256-GCM under TANDEM_SECRET: nonce, ciphertext, tag. */
  @Column('bytea', { name: 'private_key' })
  privateKey!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** Published before that, so that everybody who verifies knows it. */
  @Column('timestamptz', { name: 'signs_at', default: () => 'now()' })
  signsAt!: Date;

  /** No longer signs from then on; still verifies until its tokens have ended. */
  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;
}
