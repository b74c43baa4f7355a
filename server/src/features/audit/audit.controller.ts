import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type AuditPage, auditPage, auditQuery } from '@tandem/protocol/http';
import type { z } from 'zod';
import { AuditLog } from '../../core/access/audit-log.js';
import { ApiJson, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { UuidParam } from '../../platform/http/json-body.decorator.js';
import { QueryParams } from '../../platform/http/query.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';

@ApiTags('audit')
@ApiBearerAuth()
@Controller()
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get('projects/:id/audit')
  @NeedsScope('read')
  @ApiOperation({ summary: 'Who changed members, rights and the project; for maintainers and owners' })
  @ApiJson(200, auditPage, 'The newest first')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found')
  ofProject(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @QueryParams(auditQuery) range: z.output<typeof auditQuery>,
  ): Promise<AuditPage> {
    return this.audit.ofProject(userId, projectId, range);
  }

  @Get('users/me/audit')
  @NeedsScope('account')
  @ApiOperation({ summary: 'What you did, and what was done to your account' })
  @ApiJson(200, auditPage, 'The newest first')
  @ApiRefusals('bad_request', 'unauthorized')
  ofMe(
    @CurrentUser() { userId }: AuthenticatedUser,
    @QueryParams(auditQuery) range: z.output<typeof auditQuery>,
  ): Promise<AuditPage> {
    return this.audit.ofUser(userId, range);
  }
}
