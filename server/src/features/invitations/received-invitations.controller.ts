import { Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type AcceptedInvitation,
  acceptedInvitation,
  type InvitationOffer,
  invitationOffer,
  invitationToken,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { Public } from '../../platform/http/public.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { Invitations } from './invitations.js';

/** For whom the token of an invitation has reached. */
@ApiTags('projects')
@UseGuards(AddressThrottleGuard)
@Controller('invitations')
export class ReceivedInvitationsController {
  constructor(private readonly invitations: Invitations) {}

  @Post('look')
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'What an invitation is to' })
  @ApiJsonBody(invitationToken)
  @ApiJson(200, invitationOffer, 'The project, the role, and who invites')
  @ApiRefusals('bad_request', 'link_expired', 'rate_limited')
  look(@JsonBody(invitationToken) { token }: z.infer<typeof invitationToken>): Promise<InvitationOffer> {
    return this.invitations.look(token);
  }

  @Post('accept')
  @ApiBearerAuth()
  @NeedsScope('account')
  @HttpCode(200)
  @ApiOperation({ summary: 'Become a member of the project that an invitation is to' })
  @ApiJsonBody(invitationToken)
  @ApiJson(200, acceptedInvitation, 'A member now; who was one keeps their role, and the invitation stays open')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'link_expired', 'rate_limited')
  accept(
    @CurrentUser() { userId }: AuthenticatedUser,
    @JsonBody(invitationToken) { token }: z.infer<typeof invitationToken>,
  ): Promise<AcceptedInvitation> {
    return this.invitations.accept(userId, token);
  }
}
