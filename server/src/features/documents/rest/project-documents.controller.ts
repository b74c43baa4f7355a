import { Controller, Get, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Document, type DocumentList, document, documentBody, documentList } from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../../platform/http/current-user.decorator.js';
import { UuidParam } from '../../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../../platform/http/scope.decorator.js';
import { DocumentsService } from './documents.service.js';
import { FileBody } from './file-body.decorator.js';

@ApiTags('documents')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('projects/:id/documents')
export class ProjectDocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Get()
  @ApiOperation({ summary: 'The files of a project' })
  @ApiJson(200, documentList, 'The files of the project, as a list by path and as a tree')
  @ApiRefusals('unauthorized', 'not_found')
  list(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') projectId: string): Promise<DocumentList> {
    return this.documents.list(userId, projectId);
  }

  @Post()
  @NeedsScope('write')
  @ApiOperation({ summary: 'Make a file, empty or with a text' })
  @ApiJsonBody(documentBody)
  @ApiJson(201, document, 'The new file')
  @ApiRefusals(
    'bad_request',
    'bad_path',
    'schema_violation',
    'unauthorized',
    'forbidden',
    'not_found',
    'path_taken',
    'too_large',
  )
  create(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @FileBody(documentBody) body: z.output<typeof documentBody>,
  ): Promise<Document> {
    return this.documents.create(userId, projectId, body);
  }
}
