import { Controller, Delete, Get, Headers, HttpCode, Patch, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { type Document, document, documentPatch, momentQuery } from '@tandem/protocol/http';
import type { Response } from 'express';
import type { z } from 'zod';
import type { Moment } from '../../../core/history/past-documents.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../../platform/http/current-user.decorator.js';
import { UuidParam } from '../../../platform/http/json-body.decorator.js';
import { QueryParams } from '../../../platform/http/query.decorator.js';
import { NeedsScope } from '../../../platform/http/scope.decorator.js';
import { DocumentsService } from './documents.service.js';
import { entityTag, isKnown } from './entity-tag.js';
import { acceptedPath, FileBody } from './file-body.decorator.js';

@ApiTags('documents')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('documents/:id')
export class DocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Get()
  @ApiOperation({ summary: 'One file' })
  @ApiJson(200, document, 'The file; its text is at `/text`, or over the socket')
  @ApiRefusals('unauthorized', 'not_found')
  get(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') documentId: string): Promise<Document> {
    return this.documents.get(userId, documentId);
  }

  @Patch()
  @NeedsScope('write')
  @ApiOperation({ summary: 'Rename or move a file' })
  @ApiJsonBody(documentPatch)
  @ApiJson(200, document, 'The file at its new path')
  @ApiRefusals('bad_request', 'bad_path', 'unauthorized', 'forbidden', 'not_found', 'path_taken')
  move(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @FileBody(documentPatch) { path }: z.output<typeof documentPatch>,
  ): Promise<Document> {
    return this.documents.move(userId, documentId, acceptedPath(path));
  }

  @Delete()
  @NeedsScope('write')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a file' })
  @ApiNoContentResponse({ description: 'The file is gone' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  delete(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') documentId: string): Promise<void> {
    return this.documents.delete(userId, documentId);
  }

  @Get('text')
  @ApiOperation({ summary: 'The text of a file, now or as it was' })
  @ApiQuery({ name: 'seq', required: false, schema: { type: 'integer' }, description: 'After this update' })
  @ApiQuery({
    name: 'at',
    required: false,
    schema: { type: 'integer' },
    description: 'At this time, epoch milliseconds',
  })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The `ETag` of the text that you have' })
  @ApiOkResponse({
    description:
      'The text of everything committed so far, or by then. `If-None-Match` is answered with 304 while it is the same',
    content: { 'text/plain': { schema: { type: 'string' } } },
    headers: {
      ETag: { description: 'Epoch and seq of the text', schema: { type: 'string' } },
      'Tandem-Seq': { description: 'The last update that the text contains', schema: { type: 'integer' } },
    },
  })
  @ApiRefusals(
    'bad_request',
    'unauthorized',
    'not_found',
    'schema_violation',
    'history_gone',
    'too_large',
    'overloaded',
    'store_unavailable',
  )
  async text(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @QueryParams(momentQuery) query: z.output<typeof momentQuery>,
    @Headers('if-none-match') ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const isTag = (tag: string) => isKnown(ifNoneMatch, tag);
    const { text, seq, epoch } = await this.documents.text(userId, documentId, momentOf(query), isTag);
    // Not `no-store`: a client may keep it to compare, but must ask before each use, as rights and text change.
    response.set({ ETag: entityTag(epoch, seq), 'Tandem-Seq': String(seq), 'Cache-Control': 'private, no-cache' });
    response.type('text/plain; charset=utf-8');
    if (text === undefined) response.status(304);
    return text ?? '';
  }
}

function momentOf({ seq, at }: z.output<typeof momentQuery>): Moment {
  if (seq !== undefined) return { seq };
  return at === undefined ? 'now' : { at };
}
