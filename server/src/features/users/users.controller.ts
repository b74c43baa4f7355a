import { Controller, Get, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { type Profile, profile, profileBody, type User, user } from '@tandem/protocol/http';
import { Accounts } from '../../core/access/accounts.js';
import { Profiles } from '../../core/access/profiles.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';

@ApiTags('users')
@ApiBearerAuth()
@NeedsScope('account')
@Controller('users/me')
export class UsersController {
  constructor(
    private readonly accounts: Accounts,
    private readonly profiles: Profiles,
  ) {}

  @Get()
  @NeedsScope('any')
  @ApiOperation({ summary: 'Who is signed in' })
  @ApiJson(200, user, 'The account')
  @ApiRefusals('unauthorized', 'invalid_token', 'token_expired')
  async me(@CurrentUser() { userId }: AuthenticatedUser): Promise<User> {
    const account = await this.accounts.byId(userId);
    if (account === undefined) throw new TandemError('invalid_token');
    return account;
  }

  @Get('profile')
  @NeedsScope('read')
  @ApiOperation({ summary: 'The settings of the editor and of the AI' })
  @ApiJson(200, profile, 'The stored settings, or the defaults')
  @ApiRefusals('unauthorized', 'invalid_token', 'token_expired')
  async profile(@CurrentUser() { userId }: AuthenticatedUser): Promise<Profile> {
    // Through the schema: a setting that came later than the row gets its default.
    return profile.parse((await this.profiles.read(userId)) ?? { ideSettings: {}, aiPreferences: {} });
  }

  @Put('profile')
  @ApiOperation({ summary: 'Replace the settings; what is left out gets its default' })
  @ApiJsonBody(profileBody)
  @ApiJson(200, profile, 'What is stored now')
  @ApiRefusals('bad_request', 'unauthorized', 'invalid_token', 'token_expired')
  async replaceProfile(
    @CurrentUser() { userId }: AuthenticatedUser,
    @JsonBody(profileBody) body: Profile,
  ): Promise<Profile> {
    await this.profiles.write(userId, body);
    return body;
  }
}
