import { Module } from '@nestjs/common';
import { AccountModule } from '../account/account.module.js';
import { FactorDesk } from './factor-desk.js';
import { FactorsController } from './factors.controller.js';
import { SecondStep } from './second-step.js';

@Module({
  imports: [AccountModule],
  controllers: [FactorsController],
  providers: [FactorDesk, SecondStep],
  exports: [SecondStep],
})
export class FactorsModule {}
