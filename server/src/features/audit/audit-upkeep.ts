import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AuditLog } from '../../core/access/audit-log.js';
import { AuditSettings } from './audit-settings.js';

const HOUR_MS = 3_600_000;

/** Forgets what is older than `AUDIT_DAYS`, once an hour. */
@Injectable()
export class AuditUpkeep implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly audit: AuditLog,
    private readonly settings: AuditSettings,
    private readonly log: PinoLogger,
  ) {
    log.setContext('audit');
  }

  onApplicationBootstrap(): void {
    if (this.settings.auditDays === 0) return;
    this.timer = setInterval(() => {
      this.audit
        .prune(this.settings.auditDays)
        .catch((error: unknown) => this.log.warn({ err: error }, 'Old audit events stay for another hour'));
    }, HOUR_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
