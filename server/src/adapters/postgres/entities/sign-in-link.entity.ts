import type { Role } from '@tandem/protocol';
import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { ProjectEntity } from './project.entity.js';

/** The link that the start prints: each use signs in a new guest with `role`. */
@Entity('sign_in_links')
export class SignInLinkEntity {
  /** SHA-256 of the token in the URL fragment. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'sign_in_links_pkey' })
  tokenHash!: Buffer;

  @Column('uuid', { name: 'project_id' })
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'sign_in_links_project_id_fkey' })
  project?: ProjectEntity;

  /** The file that it opens. */
  @Column('uuid', { name: 'document_id', nullable: true })
  documentId!: string | null;

  @Column('text')
  role!: Role;

  @Column('integer', { default: 0 })
  uses!: number;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
