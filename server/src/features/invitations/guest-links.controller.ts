import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { guestLinkBody, guestLinkList, type NewGuestLink, newGuestLink } from '@tandem/protocol/http';
import type { z } from 'zod';
import { Changes } from '../../core/access/changes.js';
import { ProjectLinks } from '../../core/project/project-links.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { PageAddress } from '../oidc/page-address.js';

@ApiTags('projects')
@ApiBearerAuth()
@NeedsScope('write')
@Controller('projects/:id/guest-links')
export class GuestLinksController {
  constructor(
    private readonly links: ProjectLinks,
    private readonly changes: Changes,
    private readonly pages: PageAddress,
  ) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Make a link that lets people in without an account' })
  @ApiJsonBody(guestLinkBody)
  @ApiJson(201, newGuestLink, 'The link; its `url` is shown once')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found', 'guests_off')
  async create(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @JsonBody(guestLinkBody) body: z.output<typeof guestLinkBody>,
  ): Promise<NewGuestLink> {
    const { link, token } = await this.links.addGuestLink(userId, projectId, body);
    return { ...link, url: this.pages.page('link', token) };
  }

  @Get()
  @ApiOperation({ summary: 'Links that let people in without an account' })
  @ApiJson(200, guestLinkList, 'The links that are open')
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  async list(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
  ): Promise<z.output<typeof guestLinkList>> {
    return { guestLinks: await this.links.guestLinks(userId, projectId) };
  }

  @Delete(':linkId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a link for guests' })
  @ApiNoContentResponse({ description: 'It opens nothing any more, and who came by it is no member any more' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  async revoke(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @UuidParam('linkId') linkId: string,
  ): Promise<void> {
    for (const written of await this.links.revokeGuestLink(userId, projectId, linkId)) this.changes.publish(written);
  }
}
