import { Controller, Delete, Get, Header, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import {
  type Identity,
  identityList,
  type LinkedIdentity,
  linkedIdentity,
  oidcStart,
  oidcStartBody,
  oidcTokenBody,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes } from '../../core/access/changes.js';
import { isFresh } from '../../core/access/fresh-sign-in.js';
import { Identities } from '../../core/access/identities.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { UuidParam } from '../../platform/http/uuid-param.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { OidcSignIn } from './oidc-sign-in.js';

/** Who one is to identity providers. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: Identities,
    private readonly signIn: OidcSignIn,
    private readonly sessions: SignInSessions,
    private readonly changes: Changes,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Identities that are linked to your account' })
  @ApiJson(200, identityList, 'Oldest first')
  @ApiRefusals('unauthorized', 'insufficient_scope')
  async list(@CurrentUser() { userId }: AuthenticatedUser): Promise<{ identities: Identity[] }> {
    return { identities: (await this.identities.list(userId)).map((identity) => this.signIn.shown(identity)) };
  }

  @Post(':provider/start')
  @UseGuards(AddressThrottleGuard)
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiParam({ name: 'provider', schema: { type: 'string' } })
  @ApiOperation({ summary: 'Begin to link an identity of a provider' })
  @ApiJsonBody(oidcStartBody)
  @ApiJson(200, oidcStart, 'Where to send the browser')
  @ApiRefusals(
    'bad_request',
    'unauthorized',
    'insufficient_scope',
    'fresh_sign_in_required',
    'not_found',
    'rate_limited',
    'provider_unavailable',
  )
  async start(
    @CurrentUser() { userId, sessionId }: AuthenticatedUser,
    @Param('provider') provider: string,
    @JsonBody(oidcStartBody) body: z.output<typeof oidcStartBody>,
  ): Promise<z.infer<typeof oidcStart>> {
    // Who found an unlocked screen, or stole a token, shall not make himself a way back in (ASVS 7.5.1).
    const session = (await this.sessions.ofUser(userId)).find(({ id }) => id === sessionId);
    if (!isFresh(session, Date.now())) throw new TandemError('fresh_sign_in_required');
    return { url: await this.signIn.start(provider, body, userId) };
  }

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Link the identity that the page came back with' })
  @ApiJsonBody(oidcTokenBody)
  @ApiJson(201, linkedIdentity, 'Linked, now or before')
  @ApiRefusals('bad_request', 'oauth_failed', 'unauthorized', 'insufficient_scope', 'forbidden', 'identity_taken')
  link(
    @CurrentUser() { userId }: AuthenticatedUser,
    @JsonBody(oidcTokenBody) body: z.output<typeof oidcTokenBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<LinkedIdentity> {
    return this.signIn.link({ id: userId }, body, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Unlink an identity; the last way to sign in stays' })
  @ApiNoContentResponse({ description: 'It signs nobody in to this account any more' })
  @ApiRefusals('unauthorized', 'insufficient_scope', 'not_found', 'last_sign_in')
  async unlink(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') id: string,
    @Caller() { address }: CallerOrigin,
  ): Promise<void> {
    this.changes.publish(await this.identities.unlink(userId, id, (issuer) => this.signIn.signsIn(issuer)));
    await this.audit.record({ action: 'identity.unlinked', actorId: userId, target: id, address });
  }
}
