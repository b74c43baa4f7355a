import { Controller, Header, HttpCode, Ip, Post, Res, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { normalizeIp, Throttle } from '@nestjs/throttler';
import {
  confirmRegistrationBody,
  type LinkTokens,
  linkBody,
  linkTokens,
  loginBody,
  logoutBody,
  type MailSent,
  mailSent,
  refreshBody,
  registerBody,
  type Tokens,
  tokens,
} from '@tandem/protocol/http';
import type { Response } from 'express';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { Public } from '../../platform/http/public.decorator.js';
import { Registrations } from '../account/registrations.js';
import { AddressThrottleGuard, REFRESH_LIMIT } from './address-throttle.guard.js';
import { LinkSignIn } from './link-sign-in.js';
import { PasswordSignIn } from './password-sign-in.js';
import { TokenGrants } from './token-grants.js';

@ApiTags('auth')
@Controller('auth')
@Public()
@UseGuards(AddressThrottleGuard)
export class AuthController {
  constructor(
    private readonly registrations: Registrations,
    private readonly passwords: PasswordSignIn,
    private readonly links: LinkSignIn,
    private readonly grants: TokenGrants,
  ) {}

  @Post('register')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Create an account' })
  @ApiJsonBody(registerBody)
  @ApiJson(201, tokens, 'Signed in as the new account, on a server without mail')
  @ApiJson(202, mailSent, 'A mail goes on; the same whether the address has an account or not')
  @ApiRefusals('bad_request', 'weak_password', 'email_taken', 'rate_limited')
  async register(
    @JsonBody(registerBody) body: z.infer<typeof registerBody>,
    @Ip() ip: string,
    @Caller() caller: CallerOrigin,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Tokens | MailSent> {
    const account = await this.registrations.register(body, ip);
    if (account !== undefined) return this.grants.start(account, { kind: 'register', ...caller });
    response.status(202);
    return { status: 'mail_sent' };
  }

  @Post('register/confirm')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Finish a registration with the token of the mail, and sign in' })
  @ApiJsonBody(confirmRegistrationBody)
  @ApiJson(201, tokens, 'Signed in as the new account')
  @ApiRefusals('bad_request', 'invalid_credentials', 'link_expired', 'email_taken', 'rate_limited')
  async confirmRegistration(
    @JsonBody(confirmRegistrationBody) { token, password }: z.infer<typeof confirmRegistrationBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<Tokens> {
    return this.grants.start(await this.registrations.confirm(token, password), { kind: 'register', ...caller });
  }

  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Sign in with e-mail address and password, and a code where the account has a second factor',
  })
  @ApiJsonBody(loginBody)
  @ApiJson(200, tokens, 'Signed in')
  @ApiRefusals('bad_request', 'invalid_credentials', 'second_factor_required', 'rate_limited')
  async login(
    @JsonBody(loginBody) body: z.infer<typeof loginBody>,
    @Ip() ip: string,
    @Caller() caller: CallerOrigin,
  ): Promise<Tokens> {
    const { account, passwordHash } = await this.passwords.signIn(body, normalizeIp(ip));
    return this.grants.start(account, { kind: 'password', ...caller }, passwordHash);
  }

  @Post('refresh')
  @HttpCode(200)
  @Throttle(REFRESH_LIMIT)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Exchange a refresh token for a new pair; the old one is used up' })
  @ApiJsonBody(refreshBody)
  @ApiJson(200, tokens, 'The new pair; a repeat within 10 s gets the same refresh token again')
  @ApiRefusals('bad_request', 'invalid_token', 'rate_limited')
  refresh(
    @JsonBody(refreshBody) { refreshToken }: z.infer<typeof refreshBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<Tokens> {
    return this.grants.refresh(refreshToken, address);
  }

  @Post('link')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in as a new guest of the project that a link opens' })
  @ApiJsonBody(linkBody)
  @ApiJson(200, linkTokens, 'Signed in, and what the link opens')
  @ApiRefusals('bad_request', 'link_expired', 'rate_limited')
  async link(
    @JsonBody(linkBody) { token, displayName }: z.infer<typeof linkBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<LinkTokens> {
    const { account, projectId, documentId } = await this.links.signIn(token, displayName);
    return { ...(await this.grants.start(account, { kind: 'link', ...caller })), projectId, documentId };
  }

  @Post('logout')
  @HttpCode(204)
  @Throttle(REFRESH_LIMIT)
  @ApiOperation({ summary: 'End the session; its sockets are closed' })
  @ApiJsonBody(logoutBody)
  @ApiNoContentResponse({ description: 'Ended, or it had ended before' })
  @ApiRefusals('bad_request', 'rate_limited')
  logout(
    @JsonBody(logoutBody) { refreshToken }: z.infer<typeof logoutBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<void> {
    return this.grants.end(refreshToken, address);
  }
}
