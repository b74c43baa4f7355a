import type { Diagnostic } from '@tandem/protocol';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';
import { DocumentEntity } from './document.entity.js';

/** What each analyzer said last of a document. */
@Entity('document_diagnostics')
export class DocumentDiagnosticsEntity {
  @PrimaryColumn('uuid', { name: 'document_id', primaryKeyConstraintName: 'document_diagnostics_pkey' })
  documentId!: string;

  @ManyToOne(() => DocumentEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'document_id', foreignKeyConstraintName: 'document_diagnostics_document_id_fkey' })
  document?: DocumentEntity;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'document_diagnostics_pkey' })
  source!: string;

  @Column('uuid', { name: 'run_id' })
  runId!: string;

  /** The state that was looked at. */
  @Column('bigint', { transformer: bigintAsNumber })
  seq!: number;

  @Column('bytea', { name: 'state_vector' })
  stateVector!: Buffer;

  /** Not `jsonb`: messages may quote half a surrogate pair, or NUL, which that refuses. */
  @Column('json')
  diagnostics!: Diagnostic[];

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
