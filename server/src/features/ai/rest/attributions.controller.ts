import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { type Attribution, attributionList } from '@tandem/protocol/http';
import { Memberships } from '../../../core/access/memberships.js';
import { can } from '../../../core/access/permissions.js';
import { Attributions } from '../../../core/ai/attributions.js';
import { ApiJson, ApiRefusals } from '../../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../../platform/http/current-user.decorator.js';
import { UuidParam } from '../../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../../platform/http/scope.decorator.js';

@ApiTags('ai')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('documents/:id/attributions')
export class AttributionsController {
  constructor(
    private readonly memberships: Memberships,
    private readonly attributions: Attributions,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Which pieces of a file were accepted from suggestions, by whom and of which model' })
  @ApiJson(200, attributionList, 'In the order in which they were stored; pieces that were deleted since are named too')
  @ApiRefusals('unauthorized', 'not_found')
  async list(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') documentId: string,
  ): Promise<{ attributions: Attribution[] }> {
    const access = await this.memberships.document(userId, documentId);
    if (!access || !can(access.role, 'document.read')) throw new TandemError('not_found');
    return { attributions: [...(await this.attributions.of(documentId))] };
  }
}
