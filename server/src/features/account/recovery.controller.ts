import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Throttle } from '@nestjs/throttler';
import {
  type MailSent,
  mailSent,
  requestResetBody,
  resetPasswordBody,
  type VerifiedEmail,
  verifiedEmail,
  verifyEmailBody,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { Public } from '../../platform/http/public.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { Addresses } from './addresses.js';
import { Passwords } from './passwords.js';

/** Mails are asked for one at a time, by hand. */
const MAIL_LIMIT = { address: { ttl: 60_000, limit: 300 } };

/** What links in mails do, for who is not signed in. */
@ApiTags('auth')
@Controller('auth')
@Public()
@UseGuards(AddressThrottleGuard)
export class RecoveryController {
  constructor(
    private readonly addresses: Addresses,
    private readonly passwords: Passwords,
  ) {}

  @Post('verify-email')
  @HttpCode(200)
  @ApiOperation({ summary: 'Confirm an address, or change to it, with the token of a mail' })
  @ApiJsonBody(verifyEmailBody)
  @ApiJson(200, verifiedEmail, 'The address that is confirmed now')
  @ApiRefusals('bad_request', 'link_expired', 'email_taken', 'rate_limited')
  verifyEmail(
    @JsonBody(verifyEmailBody) { token }: z.output<typeof verifyEmailBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<VerifiedEmail> {
    return this.addresses.verify(token, caller);
  }

  @Post('password-reset')
  @HttpCode(202)
  @Throttle(MAIL_LIMIT)
  @ApiOperation({ summary: 'Ask for a mail with which to choose a new password' })
  @ApiJsonBody(requestResetBody)
  @ApiJson(202, mailSent, 'The same whether the address has an account or not')
  @ApiRefusals('bad_request', 'mail_unavailable', 'rate_limited')
  requestReset(@JsonBody(requestResetBody) { email }: z.output<typeof requestResetBody>): MailSent {
    this.passwords.requestReset(email);
    return { status: 'mail_sent' };
  }

  @Post('password-reset/confirm')
  @HttpCode(204)
  @ApiOperation({ summary: 'Choose a new password with the token of a mail; every session ends' })
  @ApiJsonBody(resetPasswordBody)
  @ApiNoContentResponse({ description: 'It holds from now on: sign in with it' })
  @ApiRefusals('bad_request', 'weak_password', 'link_expired', 'rate_limited')
  reset(
    @JsonBody(resetPasswordBody) { token, password }: z.output<typeof resetPasswordBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<void> {
    return this.passwords.reset(token, password, caller);
  }
}
