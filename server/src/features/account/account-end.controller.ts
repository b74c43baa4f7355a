import { Readable } from 'node:stream';
import { Controller, Get, Header, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { accountDeletion, accountExport, deleteAccountBody, type AccountDeletion as Plan } from '@tandem/protocol/http';
import type { Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import type { z } from 'zod';
import { AccountDeletion } from '../../core/access/account-deletion.js';
import { AccountExport } from '../../core/access/account-export.js';
import { Accounts } from '../../core/access/accounts.js';
import { AuditLog } from '../../core/access/audit-log.js';
import { Changes } from '../../core/access/changes.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { Reauthentication } from './reauthentication.js';

/** Exports that one node makes at a time: each reads much, for a long time. */
const EXPORTS_AT_ONCE = 2;
const RETRY_AFTER_MS = 5000;

/** Taking one's data along, and leaving. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me')
@UseGuards(AddressThrottleGuard)
export class AccountEndController {
  private readonly exporting = new Set<string>();

  constructor(
    private readonly accounts: Accounts,
    private readonly exports: AccountExport,
    private readonly deletion: AccountDeletion,
    private readonly reauthentication: Reauthentication,
    private readonly changes: Changes,
    private readonly audit: AuditLog,
    private readonly log: PinoLogger,
  ) {
    log.setContext('account');
  }

  @Get('export')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'All that is kept of you, as a file' })
  @ApiJson(200, accountExport, 'A JSON file, sent as it is read')
  @ApiRefusals('unauthorized', 'insufficient_scope', 'overloaded', 'rate_limited')
  async export(
    @CurrentUser() { userId }: AuthenticatedUser,
    @Caller() { address }: CallerOrigin,
    @Res() response: Response,
  ): Promise<void> {
    if (this.exporting.has(userId) || this.exporting.size >= EXPORTS_AT_ONCE) {
      throw new TandemError('overloaded', 'Another export is being made', undefined, RETRY_AFTER_MS);
    }
    this.exporting.add(userId);
    try {
      const pieces = this.exports.of(userId)[Symbol.asyncIterator]();
      // What fails before the first piece is answered like any refusal.
      const first = await pieces.next();
      await this.audit.record({ action: 'account.exported', actorId: userId, ...(address ? { address } : {}) });
      response.setHeader('Content-Type', 'application/json; charset=utf-8');
      response.setHeader('Content-Disposition', 'attachment; filename="tandem-export.json"');
      await this.send(response, first, pieces);
    } finally {
      this.exporting.delete(userId);
    }
  }

  @Get('deletion')
  @ApiOperation({ summary: 'What would go with your account, and what stands in its way' })
  @ApiJson(200, accountDeletion, 'Projects where nobody else is, and projects that need another owner first')
  @ApiRefusals('unauthorized', 'insufficient_scope', 'rate_limited')
  async plan(@CurrentUser() { userId }: AuthenticatedUser): Promise<Plan> {
    const { deletes, handOver } = await this.deletion.plan(userId);
    return { deletes: [...deletes], handOver: [...handOver] };
  }

  @Post('deletion')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete your account' })
  @ApiJsonBody(deleteAccountBody)
  @ApiNoContentResponse({ description: 'It is gone; what you wrote stays, by nobody' })
  @ApiRefusals(
    'bad_request',
    'invalid_credentials',
    'unauthorized',
    'fresh_sign_in_required',
    'insufficient_scope',
    'last_owner',
    'rate_limited',
  )
  async delete(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(deleteAccountBody) { currentPassword }: z.output<typeof deleteAccountBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<void> {
    const account = await this.accounts.byId(who.userId);
    // A guest has nothing to show but the session.
    if (account?.kind !== 'guest') await this.reauthentication.require(who, currentPassword, address);
    const written = await this.deletion.delete(who.userId);
    for (const one of written) this.changes.publish(one);
    await this.audit.record({ action: 'account.deleted', target: who.userId, ...(address ? { address } : {}) });
  }

  private async send(response: Response, first: IteratorResult<string>, pieces: AsyncIterator<string>): Promise<void> {
    const rest = async function* (): AsyncIterable<string> {
      if (!first.done) yield first.value;
      yield* { [Symbol.asyncIterator]: () => pieces };
    };
    const body = Readable.from(rest());
    await new Promise<void>((resolve) => {
      // Cut off: a reader must not take half a file for the whole.
      body.once('error', (error) => {
        this.log.warn({ err: error }, 'An export broke off');
        response.destroy();
      });
      response.once('close', () => {
        body.destroy();
        resolve();
      });
      body.pipe(response);
    });
  }
}
