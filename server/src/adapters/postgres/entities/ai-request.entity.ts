import type { CompletionUsage, Provenance } from '@tandem/protocol';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import type { Suggestion, Visibility } from '../../../core/ai/ai-relay.js';
import type { CompletionQuestion } from '../../../core/ai/ai-requests.js';
import { DocumentEntity } from './document.entity.js';
import { ProjectEntity } from './project.entity.js';
import { UserEntity } from './user.entity.js';

const LIVE = "state IN ('waiting', 'running')";

/** What is asked of the AI half, and what became of it. */
@Entity('ai_requests')
@Index('ai_requests_live_key', ['key'], { unique: true, where: LIVE })
@Index('ai_requests_live_one', ['userId', 'documentId'], { unique: true, where: `kind = 'completion' AND ${LIVE}` })
@Index('ai_requests_live_idx', ['aliveAt'], { where: LIVE })
@Index('ai_requests_open_idx', ['documentId', 'userId'], { where: "kind = 'completion' AND closed_at IS NULL" })
@Index('ai_requests_created_at_idx', ['createdAt'])
// Of the foreign keys: what goes with a document, a project or a user is found without reading the table.
@Index('ai_requests_document_id_idx', ['documentId'])
@Index('ai_requests_project_id_idx', ['projectId'])
@Index('ai_requests_user_id_idx', ['userId'])
export class AiRequestEntity {
  @PrimaryGeneratedColumn('uuid', { primaryKeyConstraintName: 'ai_requests_pkey' })
  id!: string;

  @Column('text')
  kind!: 'completion' | 'analysis';

  @Column('text', { default: 'waiting' })
  state!: 'waiting' | 'running' | 'complete' | 'cancelled' | 'failed';

  /** Equal live requests have equal keys. */
  @Column('text')
  key!: string;

  /** Counts the workers that took it up; an attempt that is not the last has no say any more. */
  @Column('integer', { default: 0 })
  attempt!: number;

  /** Null: asked by nobody, after an edit. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId!: string | null;

  @ManyToOne(() => UserEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'ai_requests_user_id_fkey' })
  user?: UserEntity;

  @Column('uuid', { name: 'project_id' })
  projectId!: string;

  @ManyToOne(() => ProjectEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'project_id', foreignKeyConstraintName: 'ai_requests_project_id_fkey' })
  project?: ProjectEntity;

  /** Null: an analysis of the whole project. */
  @Column('uuid', { name: 'document_id', nullable: true })
  documentId!: string | null;

  @ManyToOne(() => DocumentEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'document_id', foreignKeyConstraintName: 'ai_requests_document_id_fkey' })
  document?: DocumentEntity;

  @Column('jsonb', { nullable: true })
  question!: CompletionQuestion | null;

  /** What was suggested; forgotten with the suggestion unless it was accepted. Not `jsonb`: that refuses half a surrogate pair. */
  @Column('json', { nullable: true })
  suggestion!: Suggestion | null;

  @Column('json', { nullable: true })
  texts!: string[] | null;

  @Column('integer', { default: 0 })
  deltas!: number;

  @Column('text', { default: 'off' })
  visibility!: Visibility;

  @Column('text', { nullable: true })
  model!: string | null;

  @Column('jsonb', { nullable: true })
  usage!: CompletionUsage | null;

  /** Why it failed, or what its parts took; holds no text of a document. */
  @Column('text', { nullable: true })
  note!: string | null;

  /** The last sign of life of whoever works on it, or of the queue that has it. */
  @Column('timestamptz', { name: 'alive_at', default: () => 'now()' })
  aliveAt!: Date;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('timestamptz', { name: 'closed_at', nullable: true })
  closedAt!: Date | null;

  @Column('text', { name: 'closed_outcome', nullable: true })
  closedOutcome!: string | null;

  @Column('uuid', { name: 'closed_by', nullable: true })
  closedBy!: string | null;

  /** The structs that hold accepted text. */
  @Column('jsonb', { default: [] })
  accepted!: Omit<Provenance, 'completionId'>[];

  @Column('integer', { name: 'accepted_length', nullable: true })
  acceptedLength!: number | null;

  @Column('integer', { nullable: true })
  alternative!: number | null;
}
