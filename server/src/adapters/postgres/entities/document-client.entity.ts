import { Column, CreateDateColumn, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from '../bigint.js';
import { DocumentEntity } from './document.entity.js';

/** Whose a Yjs client id is, in one document (rule V1). */
@Entity('document_clients')
export class DocumentClientEntity {
  @PrimaryColumn('uuid', { name: 'document_id', primaryKeyConstraintName: 'document_clients_pkey' })
  documentId!: string;

  @PrimaryColumn('bigint', {
    name: 'client_id',
    primaryKeyConstraintName: 'document_clients_pkey',
    transformer: bigintAsNumber,
  })
  clientId!: number;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  /** Random, of the one `Y.Doc` that is written in under the id; null where its editor has not told. */
  @Column('text', { nullable: true })
  instance!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @ManyToOne(() => DocumentEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'document_id', foreignKeyConstraintName: 'document_clients_document_id_fkey' })
  document?: DocumentEntity;
}
