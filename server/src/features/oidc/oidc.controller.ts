import { Controller, Get, Header, HttpCode, Param, Post, Redirect, Req, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import {
  type OidcTokens,
  oidcStart,
  oidcStartBody,
  oidcTokenBody,
  oidcTokens,
  type SignInFailure,
  type SignInProvider,
  signInProviderList,
} from '@tandem/protocol/http';
import type { Request } from 'express';
import type { z } from 'zod';
import { OidcProviders } from '../../core/access/oidc-providers.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { Public } from '../../platform/http/public.decorator.js';
import { AddressThrottleGuard } from '../auth/address-throttle.guard.js';
import { OidcSignIn } from './oidc-sign-in.js';
import { PageAddress } from './page-address.js';

/** Sign-in with identity providers (OpenID Connect, GitHub). */
@ApiTags('auth')
@Controller('auth')
@Public()
@UseGuards(AddressThrottleGuard)
export class OidcController {
  constructor(
    private readonly providers: OidcProviders,
    private readonly signIn: OidcSignIn,
    private readonly address: PageAddress,
  ) {}

  @Get('providers')
  @ApiOperation({ summary: 'Identity providers that one can sign in with' })
  @ApiJson(200, signInProviderList, 'For a button each; none where none is configured')
  @ApiRefusals('rate_limited')
  list(): { providers: SignInProvider[] } {
    return { providers: this.providers.list.map(({ id, name, kind }) => ({ id, name, kind })) };
  }

  @Post('oidc/:provider/start')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiParam({ name: 'provider', schema: { type: 'string' } })
  @ApiOperation({ summary: 'Begin a sign-in with a provider' })
  @ApiJsonBody(oidcStartBody)
  @ApiJson(200, oidcStart, 'Where to send the browser')
  @ApiRefusals('bad_request', 'not_found', 'rate_limited', 'provider_unavailable')
  async start(
    @Param('provider') provider: string,
    @JsonBody(oidcStartBody) body: z.output<typeof oidcStartBody>,
  ): Promise<z.infer<typeof oidcStart>> {
    return { url: await this.signIn.start(provider, body) };
  }

  @Get('oidc/:provider/callback')
  @Redirect()
  @Header('Cache-Control', 'no-store')
  @ApiParam({ name: 'provider', schema: { type: 'string' } })
  @ApiOperation({ summary: 'Where the provider sends the browser back to' })
  @ApiQuery({ name: 'state', required: true, schema: { type: 'string' } })
  @ApiQuery({ name: 'code', required: false, schema: { type: 'string' } })
  @ApiQuery({ name: 'error', required: false, schema: { type: 'string' } })
  @ApiResponse({
    status: 302,
    description:
      'To the page, with `#signed-in=` or `#linked=` and a code for 60 s; a browser is told of a failure by `#sign-in-failed=`, whoever takes no HTML by a refusal',
  })
  @ApiRefusals('oauth_failed', 'rate_limited', 'provider_unavailable')
  async callback(@Param('provider') provider: string, @Req() request: Request): Promise<{ url: string }> {
    // As it came: a parameter that is there twice is to be seen (RFC 6749 3.1).
    const answer = new URL(request.originalUrl, 'http://localhost').searchParams;
    try {
      return { url: await this.signIn.answered(provider, answer) };
    } catch (error) {
      if (!(error instanceof TandemError) || request.accepts(['json', 'html']) !== 'html') throw error;
      return { url: this.address.page('sign-in-failed', failureOf(error)) };
    }
  }

  @Post('oidc/token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Exchange the code that the page came back with for tokens' })
  @ApiJsonBody(oidcTokenBody)
  @ApiJson(200, oidcTokens, 'Signed in')
  @ApiRefusals('bad_request', 'oauth_failed', 'sign_up_closed', 'identity_taken', 'rate_limited')
  token(
    @JsonBody(oidcTokenBody) body: z.output<typeof oidcTokenBody>,
    @Caller() caller: CallerOrigin,
  ): Promise<OidcTokens> {
    return this.signIn.tokens(body, caller);
  }
}

function failureOf({ code, details }: TandemError): SignInFailure {
  if (code !== 'oauth_failed') return 'unavailable';
  if (details?.reason === 'access_denied') return 'denied';
  return details?.reason === 'unknown_state' ? 'expired' : 'failed';
}
