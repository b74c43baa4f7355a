import type { Role } from '@tandem/protocol';
import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { ProjectEntity } from './project.entity.js';

/** A way into a project: an invitation of one person, or a link that lets guests in. Deleted when it ends. */
@Entity('project_links')
@Index('project_links_project_id_idx', ['projectId'])
@Index('project_links_expires_at_idx', ['expiresAt'])
export class ProjectLinkEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'project_links_pkey' })
  id!: string;

  @Column('text')
  kind!: 'invitation' | 'guests';

  @Column('uuid', { name: 'project_id' })
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'project_links_project_id_fkey' })
  project?: ProjectEntity;

  /** SHA-256 of the token in the URL fragment. */
  @Index('project_links_token_hash_key', { unique: true })
  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column('text')
  role!: Role;

  /** Whom an invitation is for; lower case. */
  @Column('text', { nullable: true })
  email!: string | null;

  /** What a link for guests is called. */
  @Column('text', { nullable: true })
  name!: string | null;

  /** The file that a link for guests opens. */
  @Column('uuid', { name: 'document_id', nullable: true })
  documentId!: string | null;

  @Column('integer', { default: 0 })
  uses!: number;

  @Column('uuid', { name: 'created_by' })
  createdBy!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
