import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  type HistoryPage,
  historyPage,
  historyQuery,
  type ResetAnswer,
  type ResetBody,
  type RestoreAnswer,
  type RestoreBody,
  resetAnswer,
  resetBody,
  restoreAnswer,
  restoreBody,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { Memberships } from '../../core/access/memberships.js';
import { groupChanges } from '../../core/history/change-groups.js';
import { PastDocuments } from '../../core/history/past-documents.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { QueryParams } from '../../platform/http/query.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { requireAccess } from './access.js';
import { DocumentResets } from './document-resets.js';
import { refuse } from './refusals.js';
import { Restores } from './restores.js';

/** Rows that one page is made of at most: some ten milliseconds of the database's time. */
const PAGE_ROWS = 5_000;

@ApiTags('history')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('documents/:id')
export class HistoryController {
  constructor(
    private readonly past: PastDocuments,
    private readonly memberships: Memberships,
    private readonly restores: Restores,
    private readonly resets: DocumentResets,
  ) {}

  @Get('history')
  @ApiOperation({ summary: 'Who changed a file and when' })
  @ApiQuery({ name: 'before', required: false, schema: { type: 'integer' }, description: 'That of the page before' })
  @ApiQuery({ name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } })
  @ApiJson(200, historyPage, 'Newest first. What is older than the days of history is not there')
  @ApiRefusals('bad_request', 'unauthorized', 'not_found', 'store_unavailable')
  async changes(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @QueryParams(historyQuery) { before, limit }: z.output<typeof historyQuery>,
  ): Promise<HistoryPage> {
    await requireAccess(this.memberships, userId, documentId, 'history.read');
    const { rows, oldestSeq } = await this.past.changes(documentId, before, PAGE_ROWS).catch(refuse);
    const changes = groupChanges(rows, limit);
    const first = changes.at(-1)?.fromSeq ?? 0;
    return { changes, before: first > oldestSeq + 1 ? first : null, oldestSeq };
  }

  @Post('restore')
  @NeedsScope('write')
  @HttpCode(200)
  @ApiOperation({ summary: 'Bring back a text of before, as an edit; others may go on typing' })
  @ApiJsonBody(restoreBody)
  @ApiJson(200, restoreAnswer, 'The text is stored, and open editors show it')
  @ApiRefusals(
    'bad_request',
    'schema_violation',
    'unauthorized',
    'forbidden',
    'not_found',
    'epoch_mismatch',
    'history_gone',
    'too_large',
    'doc_full',
    'overloaded',
    'store_unavailable',
  )
  restore(
    @CurrentUser() user: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @JsonBody(restoreBody) body: RestoreBody,
  ): Promise<RestoreAnswer> {
    return this.restores.restore(user, documentId, body);
  }

  @Post('reset')
  @NeedsScope('write')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Begin a file anew: open editors keep a copy of what they had, and open what it is now',
  })
  @ApiJsonBody(resetBody)
  @ApiJson(200, resetAnswer, 'The file is in its new epoch; what it was before stays in its history')
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
  reset(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
    @JsonBody(resetBody) body: ResetBody,
  ): Promise<ResetAnswer> {
    return this.resets.reset(userId, documentId, body);
  }
}
