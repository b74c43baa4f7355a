import { type DynamicModule, Module } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** One registry for each application, not prom-client's global one: tests start several in a process. */
@Module({})
export class MetricsModule {
  /** Inject `Registry` and register further metrics there; `/metrics` shows them. */
  static create(): DynamicModule {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    return {
      module: MetricsModule,
      global: true,
      providers: [{ provide: Registry, useValue: registry }],
      exports: [Registry],
    };
  }
}
