import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type AiModel, aiModelList } from '@tandem/protocol/http';
import { Models } from '../../../core/ai/models.js';
import { ApiJson, ApiRefusals } from '../../../platform/http/api.js';
import { NeedsScope } from '../../../platform/http/scope.decorator.js';

@ApiTags('ai')
@ApiBearerAuth()
@NeedsScope('read')
@Controller('ai')
export class AiController {
  constructor(private readonly models: Models) {}

  @Get('models')
  @ApiOperation({ summary: 'The models that completions may be asked of' })
  @ApiJson(200, aiModelList, 'The models; the default one first')
  @ApiRefusals('unauthorized')
  list(): { models: AiModel[] } {
    return { models: this.models.list };
  }
}
