import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { AuditUpkeep } from './audit-upkeep.js';

/** What has happened to accounts, sign-ins and rights, for who may know it. */
@Module({ controllers: [AuditController], providers: [AuditUpkeep] })
export class AuditModule {}
