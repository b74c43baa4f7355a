import { Controller, Get, Header, HttpCode, Patch, Post, Put, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import { TandemError } from '@tandem/protocol';
import {
  type Account,
  account,
  changeEmailBody,
  changePasswordBody,
  type EmailChange,
  emailChange,
  type MailSent,
  mailSent,
  namePatch,
  type User,
  user,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { Accounts } from '../../core/access/accounts.js';
import { Changes } from '../../core/access/changes.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { Addresses } from './addresses.js';
import { OutgoingMails } from './outgoing-mails.js';
import { Passwords } from './passwords.js';

const MAIL_LIMIT = { address: { ttl: 60_000, limit: 300 } };

/** One's own name, address and password. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me')
@UseGuards(AddressThrottleGuard)
export class AccountController {
  constructor(
    private readonly accounts: Accounts,
    private readonly addresses: Addresses,
    private readonly passwords: Passwords,
    private readonly mails: OutgoingMails,
    private readonly changes: Changes,
  ) {}

  @Get('account')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Your account, as its settings show it' })
  @ApiJson(200, account, 'Address, whether it is verified, and whether there is a password')
  @ApiRefusals('unauthorized', 'insufficient_scope', 'rate_limited')
  async get(@CurrentUser() { userId }: AuthenticatedUser): Promise<Account> {
    const state = await this.accounts.state(userId);
    if (state === undefined) throw new TandemError('invalid_token');
    const { account: who, ...rest } = state;
    return { ...who, ...rest, mail: this.mails.isConfigured };
  }

  @Patch()
  @ApiOperation({ summary: 'Change your name' })
  @ApiJsonBody(namePatch)
  @ApiJson(200, user, 'The account; open sockets bear the new name from their next renewal on')
  @ApiRefusals('bad_request', 'unauthorized', 'insufficient_scope', 'rate_limited')
  async rename(
    @CurrentUser() { userId }: AuthenticatedUser,
    @JsonBody(namePatch) { displayName }: z.output<typeof namePatch>,
  ): Promise<User> {
    const renamed = await this.accounts.rename(userId, displayName);
    if (renamed === undefined) throw new TandemError('invalid_token');
    for (const written of renamed.written) this.changes.publish(written);
    return renamed.account;
  }

  @Post('email')
  @HttpCode(202)
  @Throttle(MAIL_LIMIT)
  @ApiOperation({ summary: 'Change your e-mail address' })
  @ApiJsonBody(changeEmailBody)
  @ApiJson(202, emailChange, 'It counts when the link in the mail to it is opened; at once on a server without mail')
  @ApiRefusals(
    'bad_request',
    'invalid_credentials',
    'unauthorized',
    'fresh_sign_in_required',
    'insufficient_scope',
    'forbidden',
    'email_taken',
    'rate_limited',
  )
  changeEmail(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(changeEmailBody) { email, currentPassword }: z.output<typeof changeEmailBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<EmailChange> {
    return this.addresses.change(who, email, currentPassword, caller);
  }

  @Post('email/verification')
  @HttpCode(202)
  @Throttle(MAIL_LIMIT)
  @ApiOperation({ summary: 'Send the mail that confirms your address once more' })
  @ApiJson(202, mailSent, 'It is on its way, unless the address is confirmed')
  @ApiRefusals('unauthorized', 'insufficient_scope', 'mail_unavailable', 'rate_limited')
  sendVerification(@CurrentUser() { userId }: AuthenticatedUser): MailSent {
    this.addresses.sendVerification(userId);
    return { status: 'mail_sent' };
  }

  @Put('password')
  @HttpCode(204)
  @ApiOperation({ summary: 'Change your password, or set one; every other session ends' })
  @ApiJsonBody(changePasswordBody)
  @ApiNoContentResponse({ description: 'It holds from now on' })
  @ApiRefusals(
    'bad_request',
    'weak_password',
    'invalid_credentials',
    'unauthorized',
    'fresh_sign_in_required',
    'insufficient_scope',
    'forbidden',
    'rate_limited',
  )
  changePassword(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(changePasswordBody) { password, currentPassword }: z.output<typeof changePasswordBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<void> {
    return this.passwords.change(who, password, currentPassword, caller);
  }
}
