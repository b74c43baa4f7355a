import type { Project } from '@tandem/protocol/http';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('projects')
export class ProjectEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'projects_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('jsonb')
  configuration!: Project['configuration'];

  @Column('jsonb', { name: 'ai_context' })
  aiContext!: Project['aiContext'];

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
