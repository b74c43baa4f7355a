import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import type { Request, Response } from 'express';
import { Registry } from 'prom-client';
import { ApiRefusals } from '../../platform/http/api.js';
import { Public } from '../../platform/http/public.decorator.js';
import { HealthSettings } from './health-settings.js';
import { mayReadMetrics } from './metrics-access.js';

@ApiTags('health')
@Controller('metrics')
@Public()
export class MetricsController {
  constructor(
    private readonly registry: Registry,
    private readonly settings: HealthSettings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus; from this machine, or with a token' })
  @ApiProduces('text/plain')
  @ApiRefusals('forbidden')
  async metrics(@Req() request: Request, @Res() response: Response): Promise<void> {
    if (!mayReadMetrics(request, this.settings.metricsToken)) throw new TandemError('forbidden');
    response.setHeader('Cache-Control', 'no-store');
    response.type(this.registry.contentType).send(await this.registry.metrics());
  }
}
