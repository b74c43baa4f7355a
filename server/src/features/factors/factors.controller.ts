import { Controller, Delete, Get, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type Factors,
  factorCodeBody,
  factors,
  type RecoveryCodes,
  recoveryCodes,
  type StartedTotp,
  startedTotp,
  startTotpBody,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { FactorDesk } from './factor-desk.js';

/** Refusals of every route that takes a code. */
const CODE_REFUSALS = [
  'bad_request',
  'invalid_credentials',
  'unauthorized',
  'insufficient_scope',
  'not_found',
  'rate_limited',
] as const;

/** Two-step sign-in. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me/factors')
@UseGuards(AddressThrottleGuard)
export class FactorsController {
  constructor(private readonly desk: FactorDesk) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Your second factor' })
  @ApiJson(200, factors, 'Whether a code is asked for at sign-in, and how many recovery codes are left')
  @ApiRefusals('unauthorized', 'insufficient_scope', 'rate_limited')
  get(@CurrentUser() who: AuthenticatedUser): Promise<Factors> {
    return this.desk.state(who);
  }

  @Post('totp')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Begin two-step sign-in: a secret for your authenticator app' })
  @ApiJsonBody(startTotpBody)
  @ApiJson(201, startedTotp, 'Nothing is asked for until a code of it is confirmed')
  @ApiRefusals(
    'bad_request',
    'invalid_credentials',
    'unauthorized',
    'insufficient_scope',
    'fresh_sign_in_required',
    'forbidden',
    'factor_exists',
    'rate_limited',
  )
  start(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(startTotpBody) { currentPassword }: z.output<typeof startTotpBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<StartedTotp> {
    return this.desk.start(who, currentPassword, address);
  }

  @Post('totp/confirm')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Turn two-step sign-in on with a code of your app' })
  @ApiJsonBody(factorCodeBody)
  @ApiJson(200, recoveryCodes, 'On; the recovery codes are shown this once')
  @ApiRefusals(...CODE_REFUSALS)
  confirm(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(factorCodeBody) { code }: z.output<typeof factorCodeBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<RecoveryCodes> {
    return this.desk.confirm(who, code, address);
  }

  @Delete('totp')
  @HttpCode(204)
  @ApiOperation({ summary: 'Turn two-step sign-in off, with a code of your app or a recovery code' })
  @ApiJsonBody(factorCodeBody)
  @ApiNoContentResponse({ description: 'From now on the password is enough' })
  @ApiRefusals(...CODE_REFUSALS)
  end(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(factorCodeBody) { code }: z.output<typeof factorCodeBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<void> {
    return this.desk.end(who, code, address);
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'New recovery codes in place of the old ones' })
  @ApiJsonBody(factorCodeBody)
  @ApiJson(200, recoveryCodes, 'Ten, shown this once')
  @ApiRefusals(...CODE_REFUSALS)
  renew(
    @CurrentUser() who: AuthenticatedUser,
    @JsonBody(factorCodeBody) { code }: z.output<typeof factorCodeBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<RecoveryCodes> {
    return this.desk.renew(who, code, address);
  }
}
