import { type DynamicModule, Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

@Module({})
class MetricsModule {}

/**
 * One registry for each application, not prom-client's global one: tests start several in a process. Inject `Registry` and
 * register further metrics there; `/metrics` shows them.
 */
export function metricsModule(): DynamicModule {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    module: MetricsModule,
    global: true,
    providers: [{ provide: Registry, useValue: registry }],
    exports: [Registry],
  };
}
