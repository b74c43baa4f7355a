import { Controller, Delete, Get, Header, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { endSessionsQuery, type SessionList, sessionList } from '@tandem/protocol/http';
import type { z } from 'zod';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes, type WrittenChange } from '../../core/access/changes.js';
import { SignInSessions } from '../../core/access/sign-in-sessions.js';
import { ApiJson, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { QueryParams } from '../../platform/http/query.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { UuidParam } from '../../platform/http/uuid-param.decorator.js';

/** Where somebody is signed in, and how to end it from elsewhere. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SignInSessions,
    private readonly changes: Changes,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Where you are signed in' })
  @ApiJson(200, sessionList, 'Sign-ins that go on, the last used first')
  @ApiRefusals('unauthorized', 'insufficient_scope')
  async list(@CurrentUser() { userId, sessionId }: AuthenticatedUser): Promise<SessionList> {
    const sessions = await this.sessions.ofUser(userId);
    return { sessions: sessions.map((session) => ({ ...session, isCurrent: session.id === sessionId })) };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign out everywhere, or everywhere but here' })
  @ApiQuery({ name: 'except', required: false, schema: { type: 'string', enum: ['current'] } })
  @ApiNoContentResponse({ description: 'They have ended, and so have their sockets' })
  @ApiRefusals('bad_request', 'unauthorized', 'insufficient_scope')
  async endAll(
    @CurrentUser() { userId, sessionId }: AuthenticatedUser,
    @QueryParams(endSessionsQuery) { except }: z.output<typeof endSessionsQuery>,
    @Caller() caller: CallerOrigin,
  ): Promise<void> {
    const written = await this.sessions.revokeAll(userId, except === undefined ? undefined : sessionId);
    for (const one of written) await this.tell(one, userId, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of your sign-ins' })
  @ApiNoContentResponse({ description: 'It has ended, and so have its sockets' })
  @ApiRefusals('unauthorized', 'insufficient_scope', 'not_found')
  async end(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') id: string,
    @Caller() caller: CallerOrigin,
  ): Promise<void> {
    const written = await this.sessions.revokeById(userId, id);
    if (written === undefined) throw new TandemError('not_found');
    await this.tell(written, userId, caller);
  }

  private async tell(written: WrittenChange, actorId: string, { address }: CallerOrigin): Promise<void> {
    this.changes.publish(written);
    const target = written.change.type === 'session.revoked' ? written.change.sessionId : undefined;
    await this.audit.record({ action: 'session.revoked', actorId, target, address, details: { by: 'list' } });
  }
}
