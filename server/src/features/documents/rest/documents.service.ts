import { Injectable } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Document, DocumentList, documentBody } from '@tandem/protocol/http';
import type { z } from 'zod';
import { Changes } from '../../../core/access/changes.js';
import { Memberships } from '../../../core/access/memberships.js';
import { can } from '../../../core/access/permissions.js';
import { DocumentContents } from '../../../core/document/document-contents.js';
import type { Moment } from '../../../core/history/past-documents.js';
import { PastTexts } from '../../../core/history/past-texts.js';
import { announce } from '../../../core/project/committed.js';
import { DocumentsDirectory, type NewDocument } from '../../../core/project/documents-directory.js';
import { buildTree } from '../../../core/project/tree.js';
import { entityTag } from './entity-tag.js';
import { acceptedPath } from './file-body.decorator.js';

/** The files of projects over REST. */
@Injectable()
export class DocumentsService {
  constructor(
    private readonly directory: DocumentsDirectory,
    private readonly contents: DocumentContents,
    private readonly past: PastTexts,
    private readonly memberships: Memberships,
    private readonly changes: Changes,
  ) {}

  async list(userId: string, projectId: string): Promise<DocumentList> {
    const documents = await this.directory.list(userId, projectId);
    return { documents, tree: buildTree(documents) };
  }

  get(userId: string, documentId: string): Promise<Document> {
    return this.directory.get(userId, documentId);
  }

  async create(userId: string, projectId: string, body: z.output<typeof documentBody>): Promise<Document> {
    const place = acceptedPath(body.path);
    // The directory judges again under its lock; asked here too, so that encoding is done for members only.
    const role = await this.memberships.role(userId, projectId, place.path);
    if (role === undefined) throw new TandemError('not_found');
    if (!can(role, 'document.create')) throw new TandemError('forbidden');
    const content = await this.content(body);
    return announce(
      this.changes,
      await this.directory.create(userId, projectId, { ...place, kind: body.kind, content }),
    );
  }

  async move(userId: string, documentId: string, to: { path: string; pathKey: string }): Promise<Document> {
    return announce(this.changes, await this.directory.move(userId, documentId, to));
  }

  async delete(userId: string, documentId: string): Promise<void> {
    return announce(this.changes, await this.directory.delete(userId, documentId));
  }

  /** Without `text` when the tag of what is committed is known already: nothing is parsed then. */
  async text(
    userId: string,
    documentId: string,
    moment: Moment,
    isKnown: (tag: string) => boolean,
  ): Promise<{ text?: string; seq: number; epoch: number }> {
    const { kind, epoch, seq } = await this.directory.get(userId, documentId);
    if (kind !== 'text') throw new TandemError('schema_violation', 'Only documents of kind text have a text');
    if (moment !== 'now') return { ...(await this.past.text(documentId, moment)), epoch };
    if (isKnown(entityTag(epoch, seq))) return { seq, epoch };
    return { ...(await this.contents.text(documentId)), epoch };
  }

  private async content({ kind, text }: z.output<typeof documentBody>): Promise<NewDocument['content']> {
    if (text === undefined) return undefined;
    if (kind !== 'text') throw new TandemError('schema_violation', 'Only documents of kind text start with a text');
    return text === '' ? undefined : this.contents.encode(text);
  }
}
