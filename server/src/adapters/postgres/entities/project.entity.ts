import type { PathRule, Project } from '@tandem/protocol/http';
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

  /** In their order, the last that fits holding. */
  @Column('jsonb', { name: 'path_rules', default: [] })
  pathRules!: PathRule[];

  @Column('integer', { name: 'path_rules_version', default: 0 })
  pathRulesVersion!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
