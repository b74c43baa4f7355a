import { Controller, Delete, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type CreatedToken,
  createdToken,
  createTokenBody,
  type PersonalTokenList,
  personalTokenList,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { Caller, type CallerOrigin } from '../../platform/http/caller.decorator.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';
import { UuidParam } from '../../platform/http/uuid-param.decorator.js';
import { PersonalTokenDesk } from './personal-token-desk.js';

/** Tokens that people make for their programs. */
@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me/tokens')
export class TokensController {
  constructor(private readonly desk: PersonalTokenDesk) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Your personal access tokens' })
  @ApiJson(200, personalTokenList, 'The newest first; the tokens themselves are not kept')
  @ApiRefusals('unauthorized', 'insufficient_scope')
  async list(@CurrentUser() { userId }: AuthenticatedUser): Promise<PersonalTokenList> {
    const tokens = await this.desk.ofUser(userId);
    return { tokens: tokens.map((token) => ({ ...token, scopes: [...token.scopes] })) };
  }

  @Post()
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Make a personal access token; needs a sign-in of the last 15 minutes' })
  @ApiJsonBody(createTokenBody)
  @ApiJson(201, createdToken, 'The token, shown this once')
  @ApiRefusals(
    'bad_request',
    'unauthorized',
    'insufficient_scope',
    'fresh_sign_in_required',
    'forbidden',
    'too_many_tokens',
  )
  create(
    @CurrentUser() user: AuthenticatedUser,
    @JsonBody(createTokenBody) body: z.output<typeof createTokenBody>,
    @Caller() { address }: CallerOrigin,
  ): Promise<CreatedToken> {
    return this.desk.create(user, body, address);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a personal access token' })
  @ApiNoContentResponse({ description: 'It opens nothing any more, and its sockets are closed' })
  @ApiRefusals('unauthorized', 'insufficient_scope', 'not_found')
  revoke(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') id: string,
    @Caller() { address }: CallerOrigin,
  ): Promise<void> {
    return this.desk.revoke(userId, id, address);
  }
}
