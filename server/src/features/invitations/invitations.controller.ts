import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { invitationBody, invitationList, type NewInvitation, newInvitation } from '@tandem/protocol/http';
import type { z } from 'zod';
import { ProjectLinks } from '../../core/project/project-links.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { Invitations } from './invitations.js';

@ApiTags('projects')
@ApiBearerAuth()
@NeedsScope('write')
@Controller('projects/:id/invitations')
export class InvitationsController {
  constructor(
    private readonly invitations: Invitations,
    private readonly links: ProjectLinks,
  ) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Invite somebody by e-mail address, with an account or without' })
  @ApiJsonBody(invitationBody)
  @ApiJson(201, newInvitation, 'Invited: by mail, or by the `url`, which is shown once, on a server that sends none')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found', 'already_member', 'rate_limited')
  invite(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @JsonBody(invitationBody) body: z.output<typeof invitationBody>,
  ): Promise<NewInvitation> {
    return this.invitations.invite(userId, projectId, body);
  }

  @Get()
  @ApiOperation({ summary: 'Invitations that nobody has accepted yet' })
  @ApiJson(200, invitationList, 'The open invitations')
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  async list(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
  ): Promise<z.output<typeof invitationList>> {
    return { invitations: await this.links.invitations(userId, projectId) };
  }

  @Delete(':invitationId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Withdraw an invitation' })
  @ApiNoContentResponse({ description: 'Its link opens nothing any more' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  withdraw(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @UuidParam('invitationId') invitationId: string,
  ): Promise<void> {
    return this.links.withdraw(userId, projectId, invitationId);
  }
}
