import { Controller, Get, Header, type OnModuleDestroy } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TandemError } from '@tandem/protocol';
import { PinoLogger } from 'nestjs-pino';
import { Readiness } from '../../core/health/readiness.js';
import { ApiRefusals } from '../../platform/http/api.js';
import { Public } from '../../platform/http/public.decorator.js';

@ApiTags('health')
@Controller()
@Public()
export class HealthController implements OnModuleDestroy {
  private isStopping = false;

  constructor(
    private readonly readiness: Readiness,
    private readonly log: PinoLogger,
  ) {
    log.setContext('health');
  }

  /** The first that Nest calls in a shutdown, before editors are told to go and what they sent is committed. */
  onModuleDestroy(): void {
    this.isStopping = true;
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
  @ApiOperation({ summary: 'Whether the server can do its work: the database answers, and it is not stopping' })
  @ApiOkResponse({ description: 'It can' })
  @ApiRefusals('store_unavailable')
  async ready(): Promise<{ status: 'ok' }> {
    // A balancer sends nobody here any more, while those who are here still finish.
    if (this.isStopping) throw notReady('The server is stopping');
    try {
      await this.readiness.check();
    } catch (err) {
      this.log.warn({ err }, 'Not ready');
      throw notReady();
    }
    return { status: 'ok' };
  }
}

function notReady(message?: string): TandemError {
  return new TandemError('store_unavailable', message, undefined, 1000, 'later');
}
