import { Controller, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  aiContext,
  type Project,
  project,
  projectBody,
  projectConfiguration,
  projectList,
  projectPatch,
} from '@tandem/protocol/http';
import type { z } from 'zod';
import { Changes } from '../../core/access/changes.js';
import { announce } from '../../core/project/committed.js';
import { Projects } from '../../core/project/projects.js';
import { ApiJson, ApiJsonBody, ApiRefusals } from '../../platform/http/api.js';
import { type AuthenticatedUser, CurrentUser } from '../../platform/http/current-user.decorator.js';
import { JsonBody, UuidParam } from '../../platform/http/json-body.decorator.js';
import { NeedsScope } from '../../platform/http/scope.decorator.js';

@ApiTags('projects')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('projects')
export class ProjectsController {
  constructor(
    private readonly projects: Projects,
    private readonly changes: Changes,
  ) {}

  @Post()
  @NeedsScope('write')
  @ApiOperation({ summary: 'Make a project' })
  @ApiJsonBody(projectBody)
  @ApiJson(201, project, 'The new project; who made it is its owner')
  @ApiRefusals('bad_request', 'unauthorized')
  create(
    @CurrentUser() { userId }: AuthenticatedUser,
    @JsonBody(projectBody) body: z.output<typeof projectBody>,
  ): Promise<Project> {
    return this.projects.create(userId, {
      name: body.name,
      configuration: body.configuration ?? projectConfiguration.parse({}),
      aiContext: body.aiContext ?? aiContext.parse({}),
    });
  }

  @Get()
  @ApiOperation({ summary: 'Your projects' })
  @ApiJson(200, projectList, 'The projects that you are a member of')
  @ApiRefusals('unauthorized')
  async list(@CurrentUser() { userId }: AuthenticatedUser): Promise<z.output<typeof projectList>> {
    return { projects: await this.projects.list(userId) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One project' })
  @ApiJson(200, project, 'The project')
  @ApiRefusals('unauthorized', 'not_found')
  get(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') projectId: string): Promise<Project> {
    return this.projects.get(userId, projectId);
  }

  @Patch(':id')
  @NeedsScope('write')
  @ApiOperation({ summary: 'Rename a project, or change its settings' })
  @ApiJsonBody(projectPatch)
  @ApiJson(200, project, 'The project; what the body left out is as before')
  @ApiRefusals('bad_request', 'unauthorized', 'forbidden', 'not_found')
  async change(
    @CurrentUser() { userId }: AuthenticatedUser,
    @UuidParam('id') projectId: string,
    @JsonBody(projectPatch) patch: z.output<typeof projectPatch>,
  ): Promise<Project> {
    return announce(this.changes, await this.projects.change(userId, projectId, patch));
  }

  @Delete(':id')
  @NeedsScope('write')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a project with everything in it' })
  @ApiNoContentResponse({ description: 'The project is gone for everybody' })
  @ApiRefusals('unauthorized', 'forbidden', 'not_found')
  async delete(@CurrentUser() { userId }: AuthenticatedUser, @UuidParam('id') projectId: string): Promise<void> {
    return announce(this.changes, await this.projects.delete(userId, projectId));
  }
}
