import type { Role } from '@tandem/protocol';
import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { ProjectEntity } from './project.entity.js';
import { UserEntity } from './user.entity.js';

/** Changing or removing a row goes with a bump of `documents.access_version` in one transaction (decision 002). */
@Entity('project_members')
@Index('project_members_user_id_idx', ['userId'])
export class ProjectMemberEntity {
  @PrimaryColumn('uuid', { name: 'project_id', primaryKeyConstraintName: 'project_members_pkey' })
  projectId!: string;

  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'project_members_pkey' })
  userId!: string;

  @Column('text')
  role!: Role;

  /** The link for guests that they came by, which ends this with itself (`project_links`). */
  @Column('uuid', { name: 'link_id', nullable: true })
  linkId!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'project_members_project_id_fkey' })
  project?: ProjectEntity;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'project_members_user_id_fkey' })
  user?: UserEntity;
}
