import { Controller, Header, HttpCode, Ip, Post, UseGuards } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { normalizeIp, Throttle } from '@nestjs/throttler';
import {
  type LinkTokens,
  linkBody,
  linkTokens,
  loginBody,
  logoutBody,
  refreshBody,
  registerBody,
  type Tokens,
  tokens,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { Public } from '../../platform/http/public.decorator.js';
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
    private readonly passwords: PasswordSignIn,
    private readonly links: LinkSignIn,
    private readonly grants: TokenGrants,
  ) {}

  @Post('register')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Create an account and sign in' })
  @ApiJsonBody(registerBody)
  @ApiJson(201, tokens, 'Signed in as the new account')
  @ApiRefusals('bad_request', 'email_taken', 'rate_limited')
  async register(@JsonBody(registerBody) body: z.infer<typeof registerBody>): Promise<Tokens> {
    return this.grants.start(await this.passwords.register(body));
  }

  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in with e-mail address and password' })
  @ApiJsonBody(loginBody)
  @ApiJson(200, tokens, 'Signed in')
  @ApiRefusals('bad_request', 'invalid_credentials', 'rate_limited')
  async login(@JsonBody(loginBody) body: z.infer<typeof loginBody>, @Ip() ip: string): Promise<Tokens> {
    return this.grants.start(await this.passwords.signIn(body.email, body.password, normalizeIp(ip)));
  }

  @Post('refresh')
  @HttpCode(200)
  @Throttle(REFRESH_LIMIT)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Exchange a refresh token for a new pair; the old one is used up' })
  @ApiJsonBody(refreshBody)
  @ApiJson(200, tokens, 'The new pair; a repeat within 10 s gets the same refresh token again')
  @ApiRefusals('bad_request', 'invalid_token', 'rate_limited')
  refresh(@JsonBody(refreshBody) { refreshToken }: z.infer<typeof refreshBody>): Promise<Tokens> {
    return this.grants.refresh(refreshToken);
  }

  @Post('link')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in as a new guest of the project that a link opens' })
  @ApiJsonBody(linkBody)
  @ApiJson(200, linkTokens, 'Signed in, and what the link opens')
  @ApiRefusals('bad_request', 'link_expired', 'rate_limited')
  async link(@JsonBody(linkBody) { token, displayName }: z.infer<typeof linkBody>): Promise<LinkTokens> {
    const { account, projectId, documentId } = await this.links.signIn(token, displayName);
    return { ...(await this.grants.start(account)), projectId, documentId };
  }

  @Post('logout')
  @HttpCode(204)
  @Throttle(REFRESH_LIMIT)
  @ApiOperation({ summary: 'End the session; its sockets are closed' })
  @ApiJsonBody(logoutBody)
  @ApiNoContentResponse({ description: 'Ended, or it had ended before' })
  @ApiRefusals('bad_request', 'rate_limited')
  logout(@JsonBody(logoutBody) { refreshToken }: z.infer<typeof logoutBody>): Promise<void> {
    return this.grants.end(refreshToken);
  }
}
