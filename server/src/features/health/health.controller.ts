import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { PinoLogger } from 'nestjs-pino';
import { Readiness } from '../../core/health/readiness.js';
import { ApiRefusals } from '../../platform/http/api.js';
import { Public } from '../../platform/http/public.decorator.js';

@ApiTags('health')
@Controller()
@Public()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly log: PinoLogger,
  ) {
    log.setContext('health');
  }

  @Get('livez')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether the process turns' })
  @ApiOkResponse({ description: 'It does' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Whether the server can do its work: the database answers' })
  @ApiOkResponse({ description: 'It can' })
  @ApiRefusals('store_unavailable')
  async ready(): Promise<{ status: 'ok' }> {
    try {
      await this.readiness.check();
    } catch (err) {
      this.log.warn({ err }, 'Not ready');
      throw new TandemError('store_unavailable');
    }
    return { status: 'ok' };
  }
}
