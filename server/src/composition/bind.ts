import type { Abstract, FactoryProvider } from '@nestjs/common';

type Port = Abstract<unknown>;

/** Which adapter stands behind a port. */
export const bind = (provide: Port, inject: Port[], useFactory: FactoryProvider['useFactory']): FactoryProvider => ({
  provide,
  inject: inject as FactoryProvider['inject'],
  useFactory,
});
