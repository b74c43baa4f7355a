import { Controller, Delete, Get, HttpCode, Patch, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Version, type VersionList, version, versionBody, versionList, versionPatch } from '@tandem/protocol/http';
import type { Response } from 'express';
import type { z } from 'zod';
import { Memberships } from '../../core/access/memberships.js';
import { HistoryWork } from '../../core/history/history-work.js';
import { Versions } from '../../core/history/versions.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { requireAccess } from './access.js';
import { PastContents } from './past-contents.js';

@ApiTags('history')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('documents/:id/versions')
export class VersionsController {
  constructor(
    private readonly versions: Versions,
    private readonly contents: PastContents,
    private readonly work: HistoryWork,
    private readonly memberships: Memberships,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The moments of a file that have a name' })
  @ApiJson(200, versionList, 'Newest first')
  @ApiRefusals('unauthorized', 'not_found')
  async list(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') documentId: string): Promise<VersionList> {
    return { versions: await this.versions.list(userId, documentId) };
  }

  @Post()
  @NeedsScope('write')
  @ApiOperation({ summary: 'Name a moment of a file: it is kept until the name is deleted' })
  @ApiJsonBody(versionBody)
  @ApiJson(201, version, 'The version')
  @ApiRefusals(
    'bad_request',
    'unauthorized',
    'forbidden',
    'not_found',
    'history_gone',
    'too_large',
    'overloaded',
    'store_unavailable',
  )
  async add(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @JsonBody(versionBody) { name, seq }: z.output<typeof versionBody>,
  ): Promise<Version> {
    await requireAccess(this.memberships, userId, documentId, 'history.name');
    const snapshot = await this.contents.at(userId, documentId, { seq }, (past) => this.work.compact(past, 'somebody'));
    return this.versions.add(userId, documentId, name, snapshot);
  }

  @Patch(':versionId')
  @NeedsScope('write')
  @ApiOperation({ summary: 'Give a version another name' })
  @ApiJsonBody(versionPatch)
  @ApiJson(200, version, 'The version under its new name')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found')
  rename(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @UuidParam('versionId') versionId: string,
    @JsonBody(versionPatch) { name }: z.output<typeof versionPatch>,
  ): Promise<Version> {
    return this.versions.rename(userId, documentId, versionId, name);
  }

  @Delete(':versionId')
  @NeedsScope('write')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a version; the file itself stays as it is' })
  @ApiNoContentResponse({ description: 'The version is gone' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  delete(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @UuidParam('versionId') versionId: string,
  ): Promise<void> {
    return this.versions.delete(userId, documentId, versionId);
  }

  @Get(':versionId/text')
  @ApiOperation({ summary: 'The text of a version' })
  @ApiOkResponse({ description: 'It never changes', content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiRefusals('unauthorized', 'not_found', 'schema_violation', 'overloaded', 'store_unavailable')
  async text(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @UuidParam('versionId') versionId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const text = await this.contents.versionText(userId, documentId, versionId);
    // Rights may change: a client asks before each use.
    response.set('Cache-Control', 'private, no-cache').type('text/plain; charset=utf-8');
    return text;
  }
}
