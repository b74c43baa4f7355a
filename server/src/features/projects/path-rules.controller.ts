import { Controller, Get, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type PathRuleList, pathRuleList, pathRulesBody } from '@tandem/protocol/http';
import type { z } from 'zod';
import { Changes } from '../../core/access/changes.js';
import { announce } from '../../core/project/committed.js';
import { PathRuleStore } from '../../core/project/path-rule-store.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';

@ApiTags('projects')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('projects/:id/path-rules')
export class PathRulesController {
  constructor(
    private readonly rules: PathRuleStore,
    private readonly changes: Changes,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Where in the project editors may write' })
  @ApiJson(200, pathRuleList, 'In their order; of those that fit a path, the last one holds')
  @ApiRefusals('unauthorized', 'not_found')
  get(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') projectId: string): Promise<PathRuleList> {
    return this.rules.get(userId, projectId);
  }

  @Put()
  @NeedsScope('write')
  @ApiOperation({ summary: 'Say where in the project editors may write' })
  @ApiJsonBody(pathRulesBody)
  @ApiJson(200, pathRuleList, 'The rules that hold from now on, for open documents too')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found', 'outdated')
  async set(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @JsonBody(pathRulesBody) { rules, version }: z.output<typeof pathRulesBody>,
  ): Promise<PathRuleList> {
    return announce(this.changes, await this.rules.set(userId, projectId, rules, version));
  }
}
