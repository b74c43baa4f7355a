import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/** Global: features name ports in their constructors and import no module for them. */
@Module({})
export class AdaptersModule {
  static create(providers: FactoryProvider[], database: DataSource): DynamicModule {
    return {
      module: AdaptersModule,
      global: true,
      // The module closes the pool when the application closes.
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ retryAttempts: 1 }),
          dataSourceFactory: () => database.initialize(),
        }),
      ],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
