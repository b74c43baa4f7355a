import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { StartPageController } from './start-page.controller.js';

@Module({ controllers: [HealthController, MetricsController, StartPageController] })
export class HealthModule {}
