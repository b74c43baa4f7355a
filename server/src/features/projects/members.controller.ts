import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Member, member, memberBody, memberList, memberPatch } from '@tandem/protocol/http';
import type { z } from 'zod';
import { Changes } from '../../core/access/changes.js';
import { Mailer } from '../../core/access/mailer.js';
import { announce } from '../../core/project/committed.js';
import { Members } from '../../core/project/members.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';

@ApiTags('projects')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('projects/:id/members')
export class MembersController {
  constructor(
    private readonly members: Members,
    private readonly changes: Changes,
    private readonly mailer: Mailer,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Who is in the project' })
  @ApiJson(200, memberList, 'The members of the project')
  @ApiRefusals('unauthorized', 'not_found')
  async list(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
  ): Promise<z.output<typeof memberList>> {
    return { members: await this.members.list(userId, projectId) };
  }

  @Post()
  @NeedsScope('write')
  @ApiOperation({
    summary: 'Add somebody who has registered, by e-mail address',
    description:
      'On a server that sends mail: somebody with whom you share a project. Invite others: whether an address has an account, nobody is told.',
  })
  @ApiJsonBody(memberBody)
  @ApiJson(201, member, 'The new member')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found', 'already_member')
  async add(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @JsonBody(memberBody) { email, role }: z.output<typeof memberBody>,
  ): Promise<Member> {
    // Without mail there is no other way to reach them, and registering tells as much.
    const among = this.mailer.isConfigured ? 'acquaintances' : 'everybody';
    return announce(this.changes, await this.members.add(userId, projectId, email, role, among));
  }

  @Patch(':userId')
  @NeedsScope('write')
  @ApiOperation({ summary: 'Give a member another role' })
  @ApiJsonBody(memberPatch)
  @ApiJson(200, member, 'The member with the new role')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found', 'last_owner')
  async change(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @UuidParam('userId') memberId: string,
    @JsonBody(memberPatch) { role }: z.output<typeof memberPatch>,
  ): Promise<Member> {
    return announce(this.changes, await this.members.change(userId, projectId, memberId, role));
  }

  @Delete(':userId')
  @NeedsScope('write')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a member, or leave' })
  @ApiNoContentResponse({ description: 'No longer a member; with your own id, you have left' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found', 'last_owner')
  async remove(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @UuidParam('userId') memberId: string,
  ): Promise<void> {
    return announce(this.changes, await this.members.remove(userId, projectId, memberId));
  }
}
